"""What pages of X-ray light curves show, read from the tables at once: rows, scores, and what is nearest.

How it is shown, and where, is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.staleness import Staleness
from astro_assets.observations.tables import OBSERVATION_FILES
from astro_assets.reports.out_of_date import State, state_of
from astro_assets.xray.autoencoder_tables import XRAY_AUTOENCODER_SPEC, XRAY_SCORES
from astro_assets.xray.pictures import file_names
from astro_assets.xray.score_pictures import ODDEST_FIRST
from astro_assets.xray.simulation_tables import XRAY_SIMULATIONS
from astro_assets.xray.tables import XRAY_LIGHT_CURVES

#: Light curves that get a page of their own: one takes about half a second and 80 kB.
MOST_PAGES: Final = 500
#: Own curves that are told as nearest.
_MOST_NEAR: Final = 5
_ACCEPTED: Final = pl.col("status") == "accepted"
_OF_CURVE: Final = ("sha256", "object_name", "target_id")
_OF_SCORE: Final = (
    "sha256", "p_usual", "p_constant", "variability", "change_start_s", "change_end_s", "latent",
    "best_method", "not_scored", "reconstruction", "model_version",
)  # fmt: skip
#: Tables whose units decide whether a page is out of date.
_MADE_OF: Final = (OBSERVATION_FILES.name, XRAY_LIGHT_CURVES.name, XRAY_SCORES.name)
_NOT_READ: Final = ("column_digests", "hashed_columns", "n_rows")
RowOf = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class XraySource:
    """What is known of an X-ray light curve.

    Attributes
    ----------
    file_name
        What its file was called.
    curve
        Its row of ``xray_light_curves``; arrays are references.
    score
        Its row of ``xray_scores``; None where there is none yet.
    near
        The home's own curves nearest to it: columns of `ranked_sources`, and ``distance``.
    known
        The simulated sources nearest to it: ``name``, ``kind`` and ``distance``.
    state
        What of it is out of date.
    """

    file_name: str | None
    curve: RowOf
    score: RowOf | None
    near: Sequence[RowOf]
    known: Sequence[RowOf]
    state: State

    @property
    def name(self) -> str:
        """What it is called: by the file's header, else by its hash."""
        return str(self.curve["object_name"] or self.curve["sha256"][:12])


@dataclass(frozen=True, slots=True)
class XraySources:
    """The light curves of a home, and what is known of those that have pages, the least usual ones first.

    Attributes
    ----------
    ranked
        All accepted light curves, as of `ranked_sources`.
    shown
        Those that have pages.
    why_not
        Why others have none, in words; empty where all have one.
    """

    ranked: pl.DataFrame
    shown: Mapping[str, XraySource] = field(default_factory=dict)
    why_not: str = ""


def ranked_sources(ledger: Ledger) -> pl.DataFrame:
    """Return the accepted light curves with what scores say of them, the least usual first.

    Latents are scaled, so that their distances say how alike curves are.
    """
    curves = ledger.open(XRAY_LIGHT_CURVES).rows(["status", *_OF_CURVE]).filter(_ACCEPTED).select(_OF_CURVE)
    scores = ledger.open(XRAY_SCORES).rows(_OF_SCORE).select(_OF_SCORE)
    found = curves.join(scores, on="sha256", how="left").sort(*ODDEST_FIRST, nulls_last=True).collect()
    known = versions(ledger, XRAY_AUTOENCODER_SPEC.name)
    scales = {one["model_version"]: np.array(one["figures"]["latent_scale"]) for one in known}
    near = [
        None if latent is None else (np.array(latent) * scales.get(version, 1.0)).tolist()
        for latent, version in found.select("latent", "model_version").iter_rows()
    ]
    return found.with_columns(latent=pl.Series(near, dtype=pl.List(pl.Float64)))


def read_sources(
    ledger: Ledger, asked: Collection[str] | None, state: Staleness, most: int = MOST_PAGES
) -> XraySources:
    """Read what the pages of light curves show.

    Parameters
    ----------
    asked
        Targets whose curves get pages; all when None.
    state
        What of the home is out of date.
    most
        How many curves get pages.
    """
    ranked = ranked_sources(ledger)
    wanted = ranked if asked is None else ranked.filter(pl.col("target_id").is_in(list(asked)))
    keys = wanted["sha256"].head(most).to_list()
    if not keys:
        return XraySources(ranked, why_not=_why_not(ranked.height, wanted.height, 0))
    curves, scores = (_rows(ledger.open(of).rows(), keys) for of in (XRAY_LIGHT_CURVES, XRAY_SCORES))
    names = dict(file_names(ledger).filter(pl.col("key").is_in(keys)).collect().iter_rows())
    kinds = _kinds(ledger, scores.values())
    near = _near(ranked, keys)
    old = _out_of_date(state, keys)
    shown = {
        key: XraySource(
            file_name=names.get(key),
            curve=curves[key],
            score=scores.get(key),
            near=near[key],
            known=_known(scores.get(key), kinds),
            state=old.get(key, State()),
        )
        for key in keys
        if key in curves
    }
    return XraySources(ranked, shown, _why_not(ranked.height, wanted.height, len(shown)))


def _why_not(n_curves: int, n_wanted: int, n_shown: int) -> str:
    told = []
    if n_wanted > n_shown:
        told.append(f"{n_wanted - n_shown} more have no page: only the {n_shown} least usual ones do")
    if n_curves > n_wanted:
        told.append(f"{n_curves - n_wanted} have no page, as their stars were not asked for")
    return "; ".join(told)


def _rows(frame: pl.LazyFrame, keys: Sequence[str]) -> dict[str, RowOf]:
    found = frame.filter(pl.col("key").is_in(keys)).drop(_NOT_READ, strict=False).collect()
    return {row["key"]: row for row in found.iter_rows(named=True)}


def _near(ranked: pl.DataFrame, keys: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the home's own curves nearest to some: those come first in what is compared."""
    from astro_assets.xray.nearest import nearest

    is_asked = pl.col("sha256").is_in(keys)
    ordered = pl.concat([ranked.filter(is_asked), ranked.filter(~is_asked)])
    told = ordered.select("sha256", "object_name", "p_usual", "variability").to_dicts()
    found = nearest(ordered["latent"].to_list(), ordered["model_version"].to_list(), len(keys), _MOST_NEAR)
    return {
        told[at]["sha256"]: [{**told[other], "distance": distance} for other, distance in some]
        for at, some in enumerate(found)
    }


def _kinds(ledger: Ledger, scores: Collection[RowOf]) -> dict[str, str]:
    """Return what simulated sources do that are near to some curves."""
    names = sorted({name for row in scores for name in row["neighbours"] or ()})
    recipes = ledger.open(XRAY_SIMULATIONS).rows(["source_name", "kind"]).select("source_name", "kind")
    return dict(recipes.filter(pl.col("source_name").is_in(names)).collect().iter_rows())


def _known(score: RowOf | None, kinds: Mapping[str, str]) -> list[dict[str, Any]]:
    if score is None or score["neighbours"] is None:
        return []
    pairs = zip(score["neighbours"], score["neighbour_distances"], strict=True)
    # A source that was retracted since is not told of any more.
    return [{"name": name, "kind": kinds.get(name), "distance": distance} for name, distance in pairs]


def _out_of_date(state: Staleness, keys: Collection[str]) -> dict[str, State]:
    lines: dict[str, list[tuple[str, str, str]]] = {}
    entries = state.entries.filter(pl.col("table").is_in(_MADE_OF) & pl.col("key").is_in(list(keys)))
    columns = ["key", "table", "status", "cause"]
    for key, *line in entries.select(columns).unique().sort(columns).iter_rows():
        lines.setdefault(key, []).append((line[0], line[1], line[2]))
    return {key: state_of(of) for key, of in lines.items()}
