"""What is said of an X-ray light curve tells its value and what it means, and what is not known, and why."""

from __future__ import annotations

from typing import Any

from astro_assets.reports.xray_said import reasons, said

SCORED: dict[str, Any] = {
    "not_scored": None, "no_verdict": None, "variability": "red", "scatter": 0.31, "scatter_low": 0.2,
    "scatter_high": 0.45, "p_constant": 0.0125, "p_usual": 0.42, "change_start_s": 86_400.0,
    "change_end_s": 172_800.0, "is_change_of_state": True, "change_score": 3.21, "best_method": "autoencoder",
    "effective_draws": 12.6,
}  # fmt: skip


def lines(mjd_reference: float | None = 51_543.875, **changes: Any) -> dict[str, tuple[str, str]]:
    shown = said(SCORED | changes, mjd_reference)
    return {row.cells[0]: (row.cells[1], row.cells[2]) for row in shown.rows}


def test_each_figure_has_its_meaning() -> None:
    found = lines()
    assert list(found) == ["Variability", "p constant", "p usual", "Change", "Best method", "Effective draws"]
    assert found["p constant"][0] == "0.0125"
    assert found["p constant"][1].startswith("1.2 % of simulated constant sources")
    assert "0.31 in the log of the rate, 0.20 to 0.45" in found["Variability"][1]
    assert found["Effective draws"][0] == "12.6"


def test_a_change_is_told_in_days_where_these_are_known() -> None:
    when, means = lines()["Change"]
    assert when == "MJD 51544.8750 to 51545.8750"
    assert "lasts to the end" in means
    assert "3.21 nats" in means
    assert lines(None)["Change"][0] == "86\N{NARROW NO-BREAK SPACE}400 to 172\N{NARROW NO-BREAK SPACE}800 s"
    assert "lasts" not in lines(is_change_of_state=False)["Change"][1]
    assert "Change" not in lines(change_start_s=None)


def test_the_better_method_is_to_be_believed() -> None:
    assert "believe" not in lines()["Best method"][1]
    assert "believe the variability" in lines(best_method="excess variance")["Best method"][1]
    assert lines(best_method=None)["Best method"][0] == "–"


def test_what_is_not_known_is_said_in_words() -> None:
    rates = SCORED | {"not_scored": "rates only: there are no counts", "no_verdict": "no <counts>\n"}
    assert reasons(SCORED) == []
    assert reasons(rates) == [
        "There is no probability of its counts: rates only: there are no counts.",
        "There is no verdict on its variability: no <counts> .",
    ]
    assert list(lines(**rates)) == ["Variability"]
    assert said(None, None).rows == []
    assert "train xray_autoencoder" in reasons(None)[0]
