"""Which version of the scorer is promoted."""

from __future__ import annotations

from typing import Any

import pytest

from astro_assets.transits.scorer_models import SCORER, replaces, trees_that_won
from astro_assets.transits.scorer_tables import TRANSIT_SCORES


def figures(
    precision: float,
    stars: str = "a",
    origin: str = "real",
    trees: float = 0.4,
    highest_lead: float = 0.1,
    **audits: list[str],
) -> dict[str, Any]:
    return {
        "scorer": {"average_precision": {"value": precision}},
        "rivals": {
            "trees": {"average_precision": {"value": trees}},
            "networks": {"average_precision": {"value": 1.0}},
        },
        "margins": {"trees": {"high": highest_lead}, "networks": {"high": -1.0}},
        "stars": stars,
        "origin": origin,
        "audits": {"leaks": [], "shortcuts": [], **audits},
    }


@pytest.mark.parametrize(
    ("new", "champion", "is_promoted"),
    [
        (figures(0.9), figures(0.8), True),
        (figures(0.8), figures(0.8), True),
        (figures(0.5), figures(0.9), False),
        (figures(0.5, stars="b"), figures(0.9), True),  # figures of other stars say nothing of each other
        (figures(0.99, stars="b", origin="simulated"), figures(0.5), False),
        (figures(0.5, stars="b"), figures(0.99, origin="simulated"), True),
    ],
)
def test_on_the_same_stars_it_has_to_be_as_good(new, champion, is_promoted):
    assert (replaces(new, champion) is not None) is is_promoted


@pytest.mark.parametrize("kind", ["leaks", "shortcuts"])
def test_what_leaks_is_not_promoted(kind):
    assert not any(SCORER.problems(figures(0.99)).values())
    found = SCORER.problems(figures(0.99, **{kind: ["a star on both sides"]}))
    assert found[f"no_{kind}"] == ["a star on both sides"]


def test_what_trees_alone_do_clearly_better_replaces_nothing_that_they_do_not():
    champion, beaten = figures(0.8), figures(0.9, highest_lead=-0.001)
    assert trees_that_won(beaten) == ["trees"]
    assert replaces(beaten, champion) is None
    assert replaces(beaten, figures(0.8, highest_lead=-0.01)) is not None
    assert replaces(figures(0.9, trees=0.91), champion) is not None, "nobody can tell of so few stars"
    assert not any(SCORER.problems(beaten).values()), "there may be nothing else to score with"


def test_scores_do_not_read_what_an_event_is_said_to_be_or_where_it_comes_from():
    (examples, _) = TRANSIT_SCORES.parents
    told = {"light_curve", "disposition", "label_set", "listed_in", "mission", "segment", "cadence"}
    assert told < set(examples.table.schema.names)
    assert not told & set(examples.columns)
