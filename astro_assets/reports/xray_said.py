"""What is said of an X-ray light curve by excess variance and by the autoencoder, each with what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from astro_assets.reports.numbers import NOTHING, number
from astro_assets.reports.rendering import LINE, TableShown, plain, table
from astro_assets.xray.comparison import OURS
from astro_assets.xray.reading.cards import SECONDS_A_DAY
from astro_assets.xray.variability import CONSTANT, LOG_NORMAL, RED

RowOf = Mapping[str, Any]

_UNTRAINED: Final = (
    "No autoencoder has judged this light curve yet: astro-assets train xray_autoencoder trains one where "
    "there is none, and astro-assets run judges what is new."
)
_VARIABILITY: Final = {
    CONSTANT: "its rates scatter no more than counts do",
    LOG_NORMAL: "its rates scatter from visit to visit more than counts do",
    RED: "its rates vary slowly, neighbouring visits alike",
}


def reasons(score: RowOf | None) -> list[str]:
    """Tell in sentences what is not known of a light curve, and why."""
    if score is None:
        return [_UNTRAINED]
    told = (
        ("There is no probability of its counts", "not_scored"),
        ("There is no verdict on its variability", "no_verdict"),
    )
    return [f"{what}: {plain(score[why])}." for what, why in told if score[why] is not None]


def said(score: RowOf | None, mjd_reference: float | None) -> TableShown:
    """Return what is said of a light curve: what it is, its value, what it means.

    Parameters
    ----------
    score
        Its row of ``xray_scores``.
    mjd_reference
        MJD at which its times are zero; None where that is not told.
    """
    lines = [] if score is None else [*_variability(score), *_probabilities(score, mjd_reference)]
    return table([("", LINE), ("Value", LINE), ("What it means", "")], lines)


def _variability(score: RowOf) -> list[tuple[str, str, str]]:
    if score["variability"] is None:
        return []
    scatter = [number(score[name], 2) for name in ("scatter", "scatter_low", "scatter_high")]
    means = (
        f"by Bayesian excess variance {_VARIABILITY[score['variability']]}: "
        f"scatter {scatter[0]} in the log of the rate, {scatter[1]} to {scatter[2]} with 80 %"
    )
    return [("Variability", score["variability"], means)]


def _probabilities(score: RowOf, mjd_reference: float | None) -> list[tuple[str, str, str]]:
    if score["not_scored"] is not None:
        return []
    constant, usual = score["p_constant"], score["p_usual"]
    of_usual = f"{_share(usual)} of simulated usual sources, variable ones among them, look as strange"
    return [
        (
            "p constant",
            number(constant, 3),
            f"{_share(constant)} of simulated constant sources seem to vary as much: small where it varies",
        ),
        ("p usual", number(usual, 3), f"{of_usual}: a single flare hardly does"),
        *_change(score, mjd_reference),
        _method(score["best_method"]),
        (
            "Effective draws",
            number(score["effective_draws"], 3),
            "draws of the latent that count: where they are few, evidences are rough",
        ),
    ]


def _share(p_value: float | None) -> str:
    return NOTHING if p_value is None else f"{number(100 * p_value, 2)} %"


def _change(score: RowOf, mjd_reference: float | None) -> list[tuple[str, str, str]]:
    if score["change_start_s"] is None:
        return []
    begin, end = score["change_start_s"], score["change_end_s"]
    if mjd_reference is None:
        when = f"{number(begin, 6)} to {number(end, 6)} s"
    else:
        days = [mjd_reference + at / SECONDS_A_DAY for at in (begin, end)]
        when = f"MJD {days[0]:.4f} to {days[1]:.4f}"
    lasts = ", which lasts to the end," if score["is_change_of_state"] else ""
    means = (
        f"where a flare, dip or change of state{lasts} is likeliest, whether there is one or not: log of the "
        f"evidence of one over that of none {number(score['change_score'], 3)} nats"
    )
    return [("Change", when, means)]


def _method(best: str | None) -> tuple[str, str, str]:
    if best is None:
        return ("Best method", NOTHING, "of test sources there were too few of this length and brightness")
    means = "explained test sources of this length and brightness best"
    if best != OURS:
        means += ": believe the variability rather than the p-values"
    return ("Best method", best, means)
