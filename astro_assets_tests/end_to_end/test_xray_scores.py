"""An autoencoder of X-ray light curves is trained on purpose, applied to files, and tells what it knows."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.model_tables import MODEL_MEMBERS
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.page_names import model_page_name, report_folder, xray_source_page_name
from astro_assets.ledger.table import Table
from astro_assets.on_demand import asked_for
from astro_assets.reports import numbers
from astro_assets.xray import score_pictures
from astro_assets.xray.autoencoder_models import XRAY_AUTOENCODER
from astro_assets.xray.autoencoder_tables import XRAY_SCORES
from astro_assets.xray.simulation.light_curves import simulate
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind
from astro_assets.xray.simulation_tables import XRAY_SIMULATIONS
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.end_to_end.trainings import assert_recorded
from astro_assets_tests.orchestration import homes
from astro_assets_tests.xray.made_files import rxte_file, srctool_file, srctool_of

pytestmark = pytest.mark.slow

#: Short curves of bright sources, which are quick to read.
SIMULATED = {"most_bins": 40, "mean_rate": [1.0, 5.0]}
SMALL = (
    "curves=300", "calibration_curves=60", "epochs=3", "batch=32", "learning_rate=1e-2", "averaging=0.9",
    "network.hidden=12", "network.layers=1", "network.dropout=0.0", "network.latent=6",
    "network.decoder_width=16", "scoring.samples=16", "scoring.clusters_of=5", "simulation.most_bins=40",
    "simulation.mean_rate=[1.0, 5.0]", "has_set_network=false",
)  # fmt: skip
CHANGES = tuple(part for setting in SMALL for part in ("--set", setting))


def curve_file(path: Path, kind: SourceKind, number: int) -> Path:
    settings = SimulationSettings.model_validate(
        SIMULATED | {"ecliptic_latitude_deg": (40, 80), "flare_factor": (30, 60)}
    )
    return srctool_of(path, simulate(settings, kind, (77, number)).light_curve, OBJECT=path.stem)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("xray_scores")
    files = root / "files"
    files.mkdir()
    for number in range(3):
        curve_file(files / f"constant{number}.fits", SourceKind.CONSTANT, number)
    curve_file(files / "flare.fits", SourceKind.FLARE, 7)
    rxte_file(files / "rates.fits")
    srctool_file(files / "short.fits")
    return root


@pytest.fixture(scope="module")
def home(folder: Path) -> Home:
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    result = astro_assets("run", "--observations", folder / "files", home=home)
    assert result.returncode == 0, result.stderr
    assert rows(home, XRAY_SCORES).is_empty(), "nobody has asked for scores yet"
    result = astro_assets("train", "xray_autoencoder", "--mode", "custom", *CHANGES, home=home)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "xray autoencoder: epoch" in result.stderr.replace("\n", " "), "a training shows how far it is"
    return home


def rows(home: Home, table: Table, *columns: str) -> pl.DataFrame:
    stored = homes.ledger_of(home).open(table).rows(list(columns))
    return stored.select("key", "origin", *columns).collect()


def test_the_version_names_the_sources_that_it_was_trained_on(home: Home) -> None:
    (version,) = versions(homes.ledger_of(home), XRAY_AUTOENCODER.name)
    assert (version["aliases"], version["origin"]) == (["champion"], "simulated")
    assert version["trained_on_simulated"] == 360
    members = set(rows(home, MODEL_MEMBERS, "member_key")["member_key"])
    sources = rows(home, XRAY_SIMULATIONS, "role", "kind", "settings")
    assert set(sources["key"]) == members
    assert dict(sources["role"].value_counts().iter_rows()) == {"fit": 300, "calibration": 60}
    assert set(sources["origin"]) == {"simulated"}
    assert json.loads(sources["settings"][0])["most_bins"] == 40
    card = astro_assets("model-card", "xray_autoencoder", home=home).stdout
    for said in (version["model_version"], version["training_root"], "excess variance", "p_constant"):
        assert said in card
    assert version["model_version"] in astro_assets("models", home=home).stdout
    audit = json.loads(astro_assets("audit", "xray_autoencoder", "--format", "json", home=home).stdout)
    assert audit["version"] == version["model_version"]
    assert_recorded(home, version)


def test_every_light_curve_is_scored_or_has_a_reason(home: Home) -> None:
    columns = ("object_name", "not_scored", "log_evidence", "p_usual", "p_constant", "variability", "latent")
    found = rows(home, XRAY_SCORES, *columns, "no_verdict", "model_version", "neighbours")
    assert found.height == 6
    scored = found.filter(pl.col("not_scored").is_null())
    assert set(scored["object_name"]) == {"constant0", "constant1", "constant2", "flare"}
    assert scored["log_evidence"].max() < 0
    assert scored["neighbours"].list.len().to_list() == [5] * 4
    known = set(rows(home, XRAY_SIMULATIONS)["key"])
    assert set(scored["neighbours"].explode()) <= known, "neighbours are sources that it was fitted to"
    reasons = found.drop_nulls("not_scored")["not_scored"]
    assert sorted(reason.partition(":")[0] for reason in reasons) == ["rates only", "too few bins"]
    rates = found.filter(pl.col("not_scored").str.starts_with("rates only")).row(0, named=True)
    assert len(rates["latent"]) == 6, "sources that look like it are told of rates, too"
    assert rates["log_evidence"] is None
    flare = scored.filter(pl.col("object_name") == "flare").row(0, named=True)
    others = scored.filter(pl.col("object_name") != "flare")
    assert flare["p_constant"] < 0.05 < others["p_constant"].max()
    assert flare["variability"] != "constant"


def test_files_are_scored_as_in_the_table_and_nothing_is_stored(home: Home, folder: Path) -> None:
    before = rows(home, XRAY_SCORES).height
    names = ("flare.fits", "constant0.fits")
    paths = [folder / "files" / name for name in names]
    result = astro_assets("xray", "score", *paths, "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert [one["object_name"] for one in told] == ["flare", "constant0"]
    stored = rows(home, XRAY_SCORES, "object_name", "log_evidence", "p_constant", "p_usual")
    for one in told:
        row = stored.filter(pl.col("object_name") == one["object_name"]).row(0, named=True)
        for name in ("log_evidence", "p_constant", "p_usual"):
            assert one[name] == pytest.approx(row[name], rel=1e-5)
    assert rows(home, XRAY_SCORES).height == before


def test_a_file_that_cannot_be_scored_is_told_and_the_others_are_scored(home: Home, folder: Path) -> None:
    text = folder / "text.fits"
    text.write_text("no light curve")
    files = folder / "files"
    paths = (text, files / "flare.fits", files / "short.fits", folder / "none.fits")
    result = astro_assets("xray", "score", *paths, "--format", "csv", home=home)
    assert result.returncode == 1
    told = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [Path(one["file"]).name for one in told] == ["flare.fits", "short.fits"]
    for said in ("text.fits", "short.fits: not scored: too few bins", "none.fits"):
        assert said in result.stderr.replace("\n", "")
    assert "Traceback" not in result.stderr
    result = astro_assets("xray", "score", files / "flare.fits", home=home)
    assert (result.returncode, "flare" in result.stdout) == (0, True)


def test_pictures_show_them(home: Home) -> None:
    ledger = homes.ledger_of(home)
    (version,) = versions(ledger, XRAY_AUTOENCODER.name)
    drawn = {
        **score_pictures.of_version(version["model_version"]),
        "oddest": score_pictures.oddest_source,
        "map": score_pictures.map_of_curves,
    }
    # Too few test sources to tell what is best where.
    assert drawn.pop("which method explains what")(ledger) is None
    for name, draw in drawn.items():
        picture = draw(ledger)
        assert isinstance(picture, bytes), name
        assert picture.startswith(b"\x89PNG"), name
        assert len(picture) < 50_000, name


def test_the_report_has_a_page_of_them(home: Home) -> None:
    result = astro_assets("report", home=home)
    assert result.returncode == 0, result.stderr
    folder = report_folder(home)
    assert "xray.html" in (folder / "index.html").read_text()
    page = (folder / "xray.html").read_text()
    for said in ("constant2", "too few bins: 4 have exposure", "data:image/png"):
        assert said in page
    assert page.count("<img") == 4
    assert "p constant</th>" in page


def test_each_light_curve_has_a_page_of_its_own(home: Home) -> None:
    folder = report_folder(home)
    columns = ("object_name", "not_scored", "p_constant", "model_version", "neighbours")
    found = rows(home, XRAY_SCORES, *columns)
    kinds = rows(home, XRAY_SIMULATIONS, "kind")
    names = {row["key"]: xray_source_page_name(row["key"]) for row in found.iter_rows(named=True)}
    assert set(re.findall(r'href="(xray/[^"]+)"', (folder / "xray.html").read_text())) == set(names.values())
    for row in found.iter_rows(named=True):
        page = (folder / names[row["key"]]).read_text()
        is_scored = row["not_scored"] is None
        assert page.count("data:image/png;base64,") == 1 + is_scored, "the curve, and its reconstruction"
        assert model_page_name(XRAY_AUTOENCODER.name, row["model_version"]) in page
        assert (row["not_scored"] or "Effective draws") in page
        for href in re.findall(r'(?:href|src)="([^"]+)"', page):
            assert href.startswith("data:") or ((folder / "xray") / href.partition("#")[0]).is_file(), href
    flare = found.filter(pl.col("object_name") == "flare").row(0, named=True)
    page = (folder / names[flare["key"]]).read_text()
    assert numbers.number(flare["p_constant"], 3) in page
    near = page.partition("<h2>Nearest</h2>")[2].partition("<h2>Lineage</h2>")[0]
    assert len(re.findall(r'href="[0-9a-z/._-]+[.]html"', near)) == 4, "all others that have a latent"
    (kind,) = kinds.filter(pl.col("key") == flare["neighbours"][0])["kind"]
    assert flare["neighbours"][0] in near
    assert kind.replace("_", " ") in near
    for table in ("xray/xray_scores", "xray/xray_light_curves", "observations/raw_files", "promoted_models"):
        assert table in page.partition("<h2>Lineage</h2>")[2]
    again = astro_assets("report", home=home)
    assert "0 pages written" in again.stderr.replace("\n", " ")


def test_a_new_file_alone_is_scored(home: Home, folder: Path) -> None:
    assert set(asked_for(homes.ledger_of(home))) >= {"xray/xray_autoencoder", "xray/xray_scores"}
    new = curve_file(folder / "new.fits", SourceKind.DIP, 9)
    result = astro_assets("run", "--observations", new, home=home)
    assert result.returncode == 0, result.stderr
    scores = rows(home, XRAY_SCORES, "object_name")
    assert scores.height == 7
    (key,) = scores.filter(pl.col("object_name") == "new")["key"]
    name = xray_source_page_name(key)
    assert (report_folder(home) / name).is_file(), "the run kept the report up to date"
    assert astro_assets("report", home=home).returncode == 0
    assert "Effective draws" in (report_folder(home) / name).read_text()


def test_an_equal_training_is_not_repeated(home: Home) -> None:
    result = astro_assets("train", "xray_autoencoder", "--mode", "custom", *CHANGES, home=home)
    assert result.returncode == 0, result.stderr
    assert len(versions(homes.ledger_of(home), XRAY_AUTOENCODER.name)) == 1


def test_without_a_version_it_is_said_what_to_do(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    result = astro_assets("xray", "score", tmp_path / "a.fits", home=home)
    assert result.returncode != 0
    assert "astro-assets train xray_autoencoder" in result.stderr.replace("\n", " ")
    ledger = homes.ledger_of(home)
    assert score_pictures.oddest_source(ledger) is None
    assert score_pictures.map_of_curves(ledger) is None
