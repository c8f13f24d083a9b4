"""A version is promoted by its figures: graphs and grades that agree, as good as before on as many nights."""

import pytest

from astro_assets.images.quality.promotion import LEAST_KAPPA, disagreements, poor_grades, replaces
from astro_assets.images.quality.settings import PARITY


def figures(kappa=0.8, nights=6):
    return {"kappa": {"value": kappa, "from": kappa - 0.1, "to": kappa + 0.1}, "nights": nights}


def test_a_graph_that_does_something_else_is_objected_to():
    assert disagreements({"parity": PARITY / 2}) == []
    assert "out by 0.1" in disagreements({"parity": 0.1})[0]
    assert disagreements({"parity": float("nan")})


def test_grades_that_hardly_agree_are_objected_to():
    assert poor_grades(figures(LEAST_KAPPA)) == []
    assert "kappa of the test nights is 0.39" in poor_grades(figures(LEAST_KAPPA - 0.01))[0]


def test_a_kappa_that_nobody_knows_speaks_against_a_version():
    unknown = {"kappa": {"value": None, "from": None, "to": None}, "nights": 6}
    assert "not known" in poor_grades(unknown)[0]
    assert replaces(unknown, figures()) is None
    assert replaces(figures(), unknown) is None


@pytest.mark.parametrize(
    ("kappa", "nights", "does"),
    [(0.8, 6, True), (0.81, 6, True), (0.79, 6, False), (0.95, 5, False), (0.8, 12, True), (0.7, 12, False)],
)
def test_it_has_to_be_as_good_on_as_many_nights(kappa, nights, does):
    said = replaces(figures(kappa, nights), figures())
    assert (said is not None) == does
    assert said is None or said == f"kappa {kappa:.3f} on {nights} nights, 0.800 before on 6"
