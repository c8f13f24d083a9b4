"""The page of a target: its curve, candidates, variability, files, and the models trained on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from astro_assets.observations.tables import OBSERVATION_FILES, SELECTED_FILES
from astro_assets.reports import figures
from astro_assets.reports.candidate_page import curve_notes
from astro_assets.reports.contents import Contents, RowOf
from astro_assets.reports.images import images_of
from astro_assets.reports.links import Links
from astro_assets.reports.numbers import NOTHING, number
from astro_assets.reports.out_of_date import State
from astro_assets.reports.rendering import (
    HASH,
    LINE,
    NAME,
    NUMBER,
    Row,
    TableShown,
    badge,
    link,
    plain,
    rendered,
    script_json,
    table,
)
from astro_assets.transits.scorer_tables import TRANSIT_SCORES
from astro_assets.transits.single_transit_tables import SINGLE_TRANSITS
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES, VARIABILITY

#: Curves of a page: of conflicting files each is one.
_MOST_CURVES: Final = 2


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """A version of a model that was trained on a star.

    Attributes
    ----------
    n_rows
        Its rows of the star.
    n_changed
        Those that have changed since.
    """

    model: str
    version: str
    aliases: tuple[str, ...]
    n_rows: int
    n_changed: int


def target_page(
    contents: Contents, target: str, models: Sequence[TrainedOn], links: Links, state: State
) -> str:
    """Return the page of a target.

    Parameters
    ----------
    models
        Versions that were trained on it.
    links
        Where other pages lie.
    state
        What of it is out of date.
    """
    files = contents.of(OBSERVATION_FILES, target)
    curves = contents.of(DETRENDED_LIGHT_CURVES, target)
    origins = {row["origin"] for row in (*files, *curves)} - {"real"}
    more = len(curves) - _MOST_CURVES
    return rendered(
        "target.html",
        title=plain(target),
        name=plain(target),
        root="../",
        crumbs=[link("Report", "../index.html"), link(plain(target), None)],
        badges=[*(badge(origin) for origin in sorted(origins)), *state.badges],
        stale=state.said,
        lede=_lede(contents, target),
        key=_key(files, curves),
        curves=[_curve(contents, row, len(curves)) for row in curves[:_MOST_CURVES]],
        more_curves=f"{more} more of its files show other stars and are searched alone." if more > 0 else "",
        **images_of(contents, target),
        candidates=_candidates(contents, target, links),
        single=_single(contents.of(SINGLE_TRANSITS, target)),
        variability=[_variability(row) for row in contents.of(VARIABILITY, target)],
        files=_files(contents, target, links),
        models=_models(models, links),
    )


def _lede(contents: Contents, target: str) -> str:
    files = contents.of(OBSERVATION_FILES, target)
    found = contents.of(TRANSIT_CANDIDATES, target)
    strong = sum(row["is_detected"] for row in found)
    missions = ", ".join(sorted({row["mission"] for row in files if row["mission"]}))
    plural = "s" if len(files) != 1 else ""
    of = f" of {missions}" if missions else ""
    said = f"{len(files)} file{plural}{of}; {strong} candidate{'s' if strong != 1 else ''}"
    weak = len(found) - strong
    return f"{said}, {weak} more below the threshold." if weak else f"{said}."


def _key(files: Sequence[RowOf], curves: Sequence[RowOf]) -> list[tuple[str, str, str]]:
    def header(name: str) -> Any:
        return next((row[name] for row in reversed(files) if row[name] is not None), None)

    found = [
        ("Right ascension", _degrees(header("ra_deg")), "°"),
        ("Declination", _degrees(header("dec_deg")), "°"),
        ("Magnitude", number(header("magnitude")), ""),
        ("Temperature", number(header("star_temperature_k")), "K"),
        ("Radius", number(header("star_radius_sun"), 3), "R☉"),
        ("log g", number(header("star_surface_gravity"), 3), "cm s⁻²"),
    ]
    if curves:
        row = curves[0]
        found += [
            ("Samples", number(row["n_points"]), f"every {number(row['cadence_s'], 3)} s"),
            ("Baseline", number(row["baseline_days"]), "d"),
            ("Scatter of a sample", number(row["scatter_ppm"], 3), "ppm"),
            ("CDPP in 1 h", number(row["cdpp_1h_ppm"], 3), "ppm"),
        ]
    return [item for item in found if item[1] != NOTHING]


def _degrees(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.5f}".replace("-", "−")


def _curve(contents: Contents, row: RowOf, n_curves: int) -> dict[str, Any]:
    notes = curve_notes(row)
    arrays = contents.arrays(DETRENDED_LIGHT_CURVES, row, "light_curve")
    return {
        "title": plain(row["search_id"]) if n_curves > 1 else "",
        "data": script_json(figures.curve_figure(arrays)),
        "samples": notes["curve_samples"],
        "note": notes["curve_note"],
    }


def _candidates(contents: Contents, target: str, links: Links) -> TableShown:
    columns = [("Candidate", LINE), ("Period [d]", NUMBER), ("Depth [ppm]", NUMBER), ("Duration [h]", NUMBER)]
    columns += [
        ("Transits", NUMBER),
        ("SNR", NUMBER),
        ("Planet or binary", NUMBER),
        ("Cannot be excluded", ""),
    ]

    def shown(row: RowOf) -> tuple[Any, ...]:
        score = contents.of_candidate(TRANSIT_SCORES, row, "example_id")
        classes = ", ".join(name.replace("_", " ") for name in score["conformal_set"]) if score else NOTHING
        return (
            link(plain(row["candidate_id"]), links.candidate(row["candidate_id"])),
            number(row["period_days"], 6),
            number(row["depth_ppm"], 3),
            number(row["duration_hours"], 3),
            number(row["n_transits"]),
            number(row["snr"], 3),
            f"{score['planet_or_eb']:.3f}" if score else NOTHING,
            classes if row["is_detected"] else f"{classes} (below the threshold)",
        )

    rows = sorted(contents.of(TRANSIT_CANDIDATES, target), key=lambda row: (row["search_id"], row["rank"]))
    return table(columns, map(shown, rows))


def _single(rows: Sequence[RowOf]) -> TableShown:
    columns = [
        ("Time [BTJD]", NUMBER),
        ("Depth [ppm]", NUMBER),
        ("Duration [h]", NUMBER),
        ("SNR", NUMBER),
        ("Doubt", ""),
    ]
    return table(
        columns,
        [
            (
                number(row["time_btjd"], 7),
                number(row["depth_ppm"], 3),
                number(row["duration_hours"], 3),
                number(row["snr"], 3),
                plain(row["doubt"] or NOTHING).replace("_", " "),
            )
            for row in rows
        ],
    )


def _variability(row: RowOf) -> dict[str, Any]:
    explained = row["explained"]
    share = number(100 * explained, 2) if math.isfinite(explained) else NOTHING
    return {
        "said": f"A curve of {number(row['n_harmonics'])} harmonics explains {share} % of the variance.",
        "key": [
            ("Period", number(row["period_days"]), "d"),
            ("Amplitude", number(row["amplitude_ppm"], 3), "ppm"),
            ("Second harmonic", number(row["second_harmonic"], 3), "of the first"),
            ("log₁₀ false alarm", number(row["log10_false_alarm"], 3), ""),
            ("Skewness", number(row["skewness"], 2), ""),
        ],
    }


def _files(contents: Contents, target: str, links: Links) -> TableShown:
    chosen = {row["sha256"]: row for row in contents.of(SELECTED_FILES, target)}
    columns = [
        ("File", NAME),
        ("Mission", LINE),
        ("Segment", LINE),
        ("Product", LINE),
        ("Cadence [s]", NUMBER),
    ]

    def shown(row: RowOf) -> Row:
        segment = f"{row['segment_kind']} {row['segment']}" if row["segment"] is not None else NOTHING
        cells = (
            link(plain(row["file_name"]), links.xray_source(row["sha256"])),
            plain(row["mission"] or NOTHING),
            segment,
            plain(row["product"] or NOTHING),
            number(row["cadence_s"]),
            _status(row, chosen.get(row["sha256"])),
            row["sha256"],
        )
        return Row(cells, row["sha256"])

    rows = sorted(
        contents.of(OBSERVATION_FILES, target),
        key=lambda row: (row["mission"] or "", row["segment"] or 0, row["sha256"]),
    )
    return table([*columns, ("Status", ""), ("SHA-256", HASH)], map(shown, rows))


def _status(row: RowOf, choice: RowOf | None) -> str:
    if row["status"] == "refused":
        return f"refused: {plain(row['refusal_reason'])}"
    if choice is None:
        return str(row["status"]).replace("_", " ")
    said = str(choice["status"]).replace("_", " ")
    return f"{said}: {plain(choice['choice_reason'])}" if choice["choice_reason"] else said


def _models(models: Sequence[TrainedOn], links: Links) -> TableShown:
    return table(
        [("Version", NAME), ("", LINE), ("Rows of this star", NUMBER), ("Changed since", NUMBER)],
        [
            (
                link(plain(f"{one.model}@{one.version}"), links.model(one.model, one.version)),
                ", ".join(map(plain, one.aliases)),
                number(one.n_rows),
                number(one.n_changed),
            )
            for one in models
        ],
    )
