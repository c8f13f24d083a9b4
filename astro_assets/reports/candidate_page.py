"""The page of a candidate: curve, folds, score, measures, lineage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from numpy.typing import NDArray

from astro_assets.images.cutout_tables import CUTOUTS
from astro_assets.observations.tables import OBSERVATION_FILES, RAW_FILES
from astro_assets.reports import figures
from astro_assets.reports.candidate_judgement import label_shown, measures_shown, score_shown
from astro_assets.reports.contents import Contents, RowOf
from astro_assets.reports.curves import N_BINS, transit_times
from astro_assets.reports.images import images_of
from astro_assets.reports.lineage_shown import lineage_shown
from astro_assets.reports.lines_above import Above, Unit
from astro_assets.reports.links import Links
from astro_assets.reports.numbers import NOTHING, number, with_error
from astro_assets.reports.out_of_date import State
from astro_assets.reports.rendering import (
    HASH,
    LINE,
    NAME,
    TableShown,
    badge,
    link,
    plain,
    rendered,
    script_json,
    table,
)
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.scorer_tables import TRANSIT_SCORES
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES,
    FOLDED_VIEWS,
    LABELLED_CANDIDATES,
    TRANSIT_CANDIDATES,
)

_PPM_A_PERCENT: Final = 1e4
_SECONDS_A_DAY: Final = 86400.0
_MARKED: Final = "Triangles mark the transits of which at least half was observed."
_HIDDEN: Final = "Those that fall into transits of a stronger candidate were not counted."


def begun_at(contents: Contents, candidate: RowOf) -> list[RowOf]:
    """Return the rows at which a candidate's lineage begins: itself, its score, the cutouts of its target."""
    scored = contents.of_candidate(TRANSIT_SCORES, candidate, "example_id")
    found = [(TRANSIT_CANDIDATES, candidate), (TRANSIT_SCORES, scored)]
    found += [(CUTOUTS, row) for row in contents.of(CUTOUTS, candidate["target_id"])]
    return [{"table": of.name, **row} for of, row in found if row is not None]


def candidate_page(contents: Contents, candidate: RowOf, above: Above, links: Links, state: State) -> str:
    """Return the page of a candidate.

    Parameters
    ----------
    above
        What it was made of.
    links
        Where other pages lie.
    state
        What of it is out of date.
    """
    name, target = candidate["candidate_id"], candidate["target_id"]
    badges = [badge(candidate["origin"])] if candidate["origin"] != "real" else []
    if not candidate["is_detected"]:
        badges.append(badge("below the threshold"))
    return rendered(
        "candidate.html",
        title=plain(name),
        name=plain(name),
        root="../",
        crumbs=[
            link("Report", "../index.html"),
            link(plain(target), links.target(target)),
            link(plain(name), None),
        ],
        badges=[*badges, *state.badges],
        stale=state.said,
        lede=_lede(candidate),
        key=_key(candidate),
        **_curve(contents, candidate),
        **_folds(contents, candidate),
        periodogram=script_json(
            figures.periodogram_figure(
                contents.arrays(TRANSIT_CANDIDATES, candidate, "periodogram"), candidate["period_days"]
            )
        ),
        score=score_shown(contents.of_candidate(TRANSIT_SCORES, candidate, "example_id"), links),
        label=label_shown(contents.of_candidate(LABELLED_CANDIDATES, candidate)),
        **measures_shown(contents.of_candidate(TRANSIT_FEATURES, candidate)),
        **images_of(contents, target),
        **_lineage(contents, candidate, above, links),
    )


def _lede(candidate: RowOf) -> str:
    depth = candidate["depth_ppm"]
    deep = (
        f"{number(depth / _PPM_A_PERCENT, 3)} %" if depth > _PPM_A_PERCENT / 2 else f"{number(depth, 3)} ppm"
    )
    transits = candidate["n_transits"]
    said = (
        f"Every {number(candidate['period_days'], 5)} days the star dims by {deep} "
        f"for {number(candidate['duration_hours'], 3)} hours; "
        f"{transits} transit{'s' if transits != 1 else ''} observed, "
        f"signal-to-noise ratio {number(candidate['snr'], 3)}."
    )
    if candidate["harmonic_of"] is not None:
        said += f" Its period is {candidate['harmonic_ratio']} of that of {plain(candidate['harmonic_of'])}."
    return said


def _key(candidate: RowOf) -> list[tuple[str, str, str]]:
    values = {
        "Period": (with_error(candidate["period_days"], candidate["period_uncertainty_days"]), "d"),
        "Epoch": (with_error(candidate["epoch_btjd"], candidate["epoch_uncertainty_days"]), "BTJD"),
        "Depth": (number(candidate["depth_ppm"]), "ppm"),
        "Duration": (number(candidate["duration_hours"]), "h"),
        "Transits observed": (number(candidate["n_transits"]), ""),
        "Signal-to-noise ratio": (number(candidate["snr"]), ""),
        "Detection statistic": (number(candidate["detection_statistic"]), ""),
        "log₁₀ false alarm": (number(candidate["log10_false_alarm"]), ""),
        "Rank in the star": (number(candidate["rank"]), ""),
    }
    return [(title, value, name) for title, (value, name) in values.items()]


def _curve(contents: Contents, candidate: RowOf) -> dict[str, Any]:
    rows = contents.of(DETRENDED_LIGHT_CURVES, candidate["target_id"])
    row = next((row for row in rows if row["search_id"] == candidate["search_id"]), None)
    if row is None:
        return {"curve": None}
    curve = contents.arrays(DETRENDED_LIGHT_CURVES, row, "light_curve")
    return {
        "curve": script_json(figures.curve_figure(curve, _transits(curve["time"], row, candidate))),
        "marks_note": _MARKED if candidate["rank"] == 1 else f"{_MARKED} {_HIDDEN}",
        **curve_notes(row),
    }


def _transits(time: NDArray[Any], curve: RowOf, candidate: RowOf) -> NDArray[Any]:
    period, epoch, hours = (candidate[name] for name in ("period_days", "epoch_btjd", "duration_hours"))
    return transit_times(time, period, epoch, hours / 24, curve["cadence_s"] / _SECONDS_A_DAY)


def curve_notes(row: RowOf) -> dict[str, str]:
    """Return what is said below a curve."""
    segments = ", ".join(str(one) for one in row["segments"] if one >= 0)
    kind = {"TESS": "sector", "Kepler": "quarter", "K2": "campaign"}.get(row["mission"], "segment")
    of = f" in {kind}{'s' if row['n_segments'] != 1 else ''} {segments}" if segments else ""
    note = ""
    if row["n_points"] > 2 * N_BINS:
        note = "Of samples that share a column of pixels the range is drawn and the median: no dip is lost."
    return {
        "curve_samples": f"{number(row['n_points'])} samples of {row['mission']}{of}",
        "curve_note": note,
    }


def _folds(contents: Contents, candidate: RowOf) -> dict[str, Any]:
    row = contents.of_candidate(FOLDED_VIEWS, candidate)
    if row is None:
        return {"folds": None}
    drawn = figures.fold_figures(contents.arrays(FOLDED_VIEWS, row, "views"), candidate)
    odd, even = (
        f"{number(candidate[f'depth_{name}_ppm'])} ± {number(candidate[f'depth_{name}_err_ppm'], 2)} ppm"
        for name in ("odd", "even")
    )
    apart = number(candidate["odd_even_sigma"], 2)
    return {
        "folds": {name: script_json(data) for name, data in drawn.items()},
        "odd_even": f"{odd} and {even}, {apart} standard deviations apart.",
        "secondary": f"{number(candidate['secondary_depth_ppm'], 3)} ppm at phase "
        f"{number(candidate['secondary_phase'], 3)}, "
        f"signal-to-noise ratio {number(candidate['secondary_snr'], 2)}.",
    }


def _lineage(contents: Contents, candidate: RowOf, above: Above, links: Links) -> dict[str, Any]:
    starts: list[Unit] = [
        (row["table"], row["key"], row["recipe_hash"]) for row in begun_at(contents, candidate)
    ]
    found = above.of(starts)
    held = [one[1] for one in found if one[0] == RAW_FILES.name]
    return {
        **lineage_shown(found, above, starts[-1][0]),
        "files": _files(contents, candidate, held, links),
    }


def _files(contents: Contents, candidate: RowOf, held: Sequence[str], links: Links) -> TableShown:
    """Tell of the files above a candidate; one that was replaced is known by its hash alone."""
    rows = {row["key"]: row for row in contents.of(OBSERVATION_FILES, candidate["target_id"])}
    page = links.target(candidate["target_id"])

    def shown(sha256: str) -> tuple[Any, ...]:
        if (row := rows.get(sha256)) is None:
            return ("no longer of this star", NOTHING, NOTHING, NOTHING, sha256)
        place = f"{page}#{sha256}" if page is not None else None
        segment = f"{row['segment_kind']} {row['segment']}" if row["segment"] is not None else NOTHING
        told = (plain(row[name] or NOTHING) for name in ("mission", "product"))
        return (link(plain(row["file_name"]), place), *told, segment, sha256)

    columns = [("File", NAME), ("Mission", LINE), ("Product", LINE), ("Segment", LINE), ("SHA-256", HASH)]
    return table(columns, map(shown, held))
