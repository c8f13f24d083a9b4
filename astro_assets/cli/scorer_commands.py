"""The commands of the scorer: parse, call, print."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from astro_assets.cli import printing
from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.left_out import retracted_targets
from astro_assets.ledger.model_names import SEPARATOR, UnknownModelError
from astro_assets.ledger.models import CHAMPION
from astro_assets.ledger.retraction import members_of
from astro_assets.ledger.trained_models import SettingError
from astro_assets.tables import TABLES


class Model(StrEnum):
    """What can be trained."""

    transit_scorer = "transit_scorer"
    cluster_model = "cluster_model"
    frame_assessor = "frame_assessor"
    real_bogus_classifier = "real_bogus_classifier"
    alert_trees = "alert_trees"
    anomaly_segmenter = "anomaly_segmenter"
    xray_autoencoder = "xray_autoencoder"


class Mode(StrEnum):
    """How much is spent on a training."""

    quick = "quick"
    full = "full"
    custom = "custom"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(train)
    app.command()(score)
    app.command("models")(list_models)
    app.command("model-card")(show_card)


def train(
    model: Annotated[Model, typer.Argument(help="What to train.")],
    events: Annotated[
        Path | None,
        typer.Option(help="Parquet file of labelled events; the home's own labelled candidates by default."),
    ] = None,
    mode: Annotated[
        Mode, typer.Option(help="quick: to see it work; full: to use it; custom: full but for --set.")
    ] = Mode.full,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A setting, as network.epochs=20; with custom."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Train a model, judge it on what it has not seen, promote it where nothing speaks against it."""
    from astro_assets.cli import scorer, training
    from astro_assets.tables import trained_model

    if changes and mode is not Mode.custom:
        raise SettingError("--set goes with --mode custom")
    settings = _settings(changes or [])
    place = open_home(home)
    if events is not None and model is not Model.transit_scorer:
        raise SettingError(f"--events is for transit_scorer; {model.value} is not trained on events")
    if model is Model.cluster_model:
        raise typer.Exit(scorer.fit_clusters(place, settings))
    if model is Model.transit_scorer:
        raise typer.Exit(scorer.train(place, events and events.absolute(), mode.value, settings))
    raise typer.Exit(training.train(place, trained_model(model.value), mode.value, settings))


def score(
    events: Annotated[Path, typer.Argument(help="Parquet file of events; labels are not needed.")],
    out: Annotated[Path, typer.Option(help="Parquet file to write: one row for each event, in their order.")],
    model: Annotated[str, typer.Option(help="Alias or version of the scorer.")] = CHAMPION,
    edge: Annotated[bool, typer.Option("--edge", help="Use the edge model of 8-bit integers.")] = False,
    home: HomeOption = None,
) -> None:
    """Score events: probabilities of the classes, planet or binary, conformal set, gate, abstention."""
    from astro_assets.cli import scorer

    place = open_home(home, must_exist=True)
    n_events = scorer.score(place, events.absolute(), out.absolute(), model, with_edge=edge)
    printing.notes([f"{n_events} events scored: {out}"])


def list_models(output: FormatOption = Format.table, home: HomeOption = None) -> None:
    """List the versions of all models, with their aliases and figures."""
    from astro_assets.ledger.model_versions import versions

    ledger = _ledger(home)
    rows, flagged = versions(ledger), members_of(ledger, retracted_targets(ledger.home))
    stars: dict[tuple[str, str], list[str]] = {}
    for model, version, star in (
        flagged.select("model", "model_version", "star").unique().sort("star").iter_rows()
    ):
        stars.setdefault((model, version), []).append(star)
    if output is Format.json:
        told = [
            {**_plain(row), "retracted_stars": stars.get((row["model"], row["model_version"]), [])}
            for row in rows
        ]
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
        return
    printing.models(rows)
    printing.notes(
        [
            f"{model} {version} was trained on what is retracted: {', '.join(names)}"
            for (model, version), names in stars.items()
        ]
    )


def show_card(
    version: Annotated[
        str,
        typer.Argument(
            metavar="MODEL[@VERSION]",
            help="A model, with a version, the beginning of one, or an alias; of the scorer these alone.",
        ),
    ],
    home: HomeOption = None,
) -> None:
    """Print the model card of a version, in Markdown."""
    from astro_assets.ledger.model_versions import version_of
    from astro_assets.tables import known_model, trained_model

    name, _, wanted = version.partition(SEPARATOR)
    model = known_model(name)
    if model is None and SEPARATOR not in version:
        model, wanted = trained_model(Model.transit_scorer.value), version
    if model is None:
        raise UnknownModelError(f"there is no card of {name!r}; astro-assets models lists the models")
    ledger = _ledger(home)
    sys.stdout.write(model.card(ledger, version_of(ledger, model.name, wanted or CHAMPION)))


def _settings(changes: list[str]) -> dict[str, Any]:
    """Read settings such as ``network.epochs=20`` into groups."""
    found: dict[str, Any] = {}
    for change in changes:
        path, equals, text = change.partition("=")
        if not equals or not path:
            raise SettingError(f"--set {change}: a setting is written NAME=VALUE, as network.epochs=20")
        *groups, name = path.split(".")
        place = found
        for group in groups:
            place = place.setdefault(group, {})
            if not isinstance(place, dict):
                raise SettingError(f"--set {change}: {group} is a setting, not a group of them")
        try:
            place[name] = json.loads(text)
        except json.JSONDecodeError:
            place[name] = text
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    names = (
        "model", "model_version", "aliases", "origin", "trained_on_real", "trained_on_injected",
        "trained_on_simulated", "training_recipe", "training_root", "artefact",
    )  # fmt: skip
    return {
        **{name: row[name] for name in names},
        "computed_at": str(row["computed_at"]),
        "config": json.loads(row["config"]),
        "figures": row["figures"],
    }


def _ledger(home: Path | None) -> Ledger:
    return open_ledger(open_home(home, must_exist=True), TABLES)
