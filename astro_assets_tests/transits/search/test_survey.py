"""The survey engine beside the exact one: the same signals, as strong, in any company."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.levels import Density
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets_tests.transits.search.astropys import astropys_spectrum
from astro_assets_tests.transits.synthetic import Planet, red_noise, sector_times, transits

CADENCE = 10 / 1440
FACTORS = 0.25, 1.8
SIGMA = 4e-4


def curve(planets, seed=0, time=None, cadence=CADENCE, extra=0.0):
    time = sector_times(seed, cadence) if time is None else time
    noise = np.random.default_rng(seed).normal(0, SIGMA, time.size)
    return Curve(time, transits(time, planets) + noise + extra, np.full(time.size, SIGMA), cadence)


def spectrum(data, period_range):
    (found,) = SurveyEngine()([data], period_range, FACTORS)
    return found


@pytest.mark.parametrize(
    "planet",
    [
        Planet(0.53, 1325.3, 0.05, 0.0008),
        Planet(1.7, 1326.2, 0.09, 0.0012),
        Planet(4.4, 1327.0, 0.14, 0.0015),
        Planet(11.9, 1328.3, 0.2, 0.003),
    ],
)
def test_a_planet_is_as_strong_as_astropy_sees_it(planet):
    data = curve([planet])
    found = SurveyEngine(density=Density(1))([data], (0.4, 13.0), FACTORS)[0]
    exact = astropys_spectrum(data, (0.4, 13.0), FACTORS)
    best, theirs = int(np.argmax(found.power)), int(np.argmax(exact.power))
    assert found.periods[best] == pytest.approx(planet.period, rel=5e-3)
    assert found.power[best] == pytest.approx(exact.power[theirs], rel=0.1)
    assert found.duration[best] == pytest.approx(planet.duration, rel=0.4)


def test_cadences_that_differ_by_a_hair_have_one_grid():
    time = sector_times(0, 1765.464 / 86400)
    cadences = [seconds / 86400 for seconds in (1765.46, 1765.464, 1765.9, 1766.0)]
    found = SurveyEngine()([curve([], 0, time, cadence) for cadence in cadences], (0.5, 13.0), FACTORS)
    for other in found[1:]:
        assert other.periods.tobytes() == found[0].periods.tobytes()
        assert other.power.tobytes() == found[0].power.tobytes()


def test_spectra_of_noise_look_alike():
    data = curve([])
    found = SurveyEngine(density=Density(1))([data], (0.5, 13.0), FACTORS)[0]
    exact = astropys_spectrum(data, (0.5, 13.0), FACTORS)
    assert (np.diff(found.periods) > 0).all()
    assert found.power.max() == pytest.approx(exact.power.max(), rel=0.15)
    assert np.median(found.power) == pytest.approx(np.median(exact.power), rel=0.15)


def test_red_noise_counts():
    time = sector_times(0, CADENCE)
    red = red_noise(time, 0.1, SIGMA, np.random.default_rng(3))
    quiet, noisy = (SurveyEngine()([curve([], extra=extra)], (0.5, 13.0), FACTORS)[0] for extra in (0.0, red))
    assert noisy.power.max() < 1.6 * quiet.power.max()


def test_four_years_are_searched_coherently():
    time = 120 + np.arange(0, 1470, 29.4244 / 1440)
    time = time[(time % 93 > 2) & (np.random.default_rng(0).random(time.size) > 0.02)]
    planet = Planet(7.3131, 121.0, 0.15, 2.5e-4)
    found = spectrum(curve([planet], time=time, cadence=29.4244 / 1440), (0.4, 20.0))
    best = int(np.argmax(found.power))
    assert abs(found.periods[best] / planet.period - 1) * 1470 < planet.duration
    ideal = planet.depth * (6 / 7) / SIGMA * np.sqrt(0.93 * 1470 / 7.3131 * 0.15 / (29.4244 / 1440))
    assert found.power[best] > 0.75 * ideal


@pytest.mark.parametrize("period", [0.3980431, 0.45, 0.7960862, 1.234, 3.3])
def test_short_periods_are_exact_over_four_years(period):
    cadence = 29.4244 / 1440
    time = 120 + np.arange(0, 1470, cadence)
    planet = Planet(period, 121.0, min(0.15 * period, 0.15), 4e-4)
    found = spectrum(curve([planet], time=time, cadence=cadence), (0.3, 5.0))
    best = int(np.argmax(found.power))
    assert abs(found.periods[best] / period - 1) * 1470 < planet.duration
    assert found.power[best] > 0.65 * planet.depth * (6 / 7) / SIGMA * np.sqrt(
        planet.duration / period * time.size
    )


def test_each_cell_keeps_a_trial_of_its_own():
    found = spectrum(curve([]), (0.4, 13.0))
    assert found.periods[0] >= 0.39
    assert found.periods[-1] <= 13.1
    steps = np.diff(found.periods) / found.periods[1:] * 27.4
    assert np.median(steps / (0.0755 * found.periods[1:] ** (1 / 3))) < 0.6, "no cell is skipped"


def test_company_does_not_matter():
    planet = Planet(2.2, 1326.0, 0.1, 0.001)
    same = [curve([planet], seed, time=sector_times(0, CADENCE)) for seed in range(20)]
    # The same coverage, though not the same samples; coverage of its own; another length.
    holes = [data.where(np.arange(data.time.size) % (100 + n) > 9) for n, data in enumerate(same[:3])]
    holes += [data.where(np.abs(data.time - 1328 - n) > 0.3) for n, data in enumerate(same[:11])]
    short = [same[0].where(same[0].time < same[0].time[0] + 9)]
    curves = same + holes + short
    engine = SurveyEngine()
    alone = [engine([data], (0.4, 13.0), FACTORS)[0] for data in curves]
    order = np.random.default_rng(0).permutation(len(curves))
    together = dict(zip(order, engine([curves[n] for n in order], (0.4, 13.0), FACTORS), strict=True))
    with ThreadPoolExecutor(3) as threads:
        parts = [curves[0:9], curves[9:20], curves[20:]]
        apart = [
            s for some in threads.map(lambda part: engine(part, (0.4, 13.0), FACTORS), parts) for s in some
        ]
    for number, one in enumerate(alone):
        for other in (together[number], apart[number]):
            np.testing.assert_array_equal(one.periods, other.periods)
            assert one.power.tobytes() == other.power.tobytes()
            np.testing.assert_array_equal(one.duration, other.duration)


def test_what_is_masked_does_not_change_when_a_star_was_observed():
    planet, weaker = Planet(2.2, 1326.0, 0.1, 0.004), Planet(5.3, 1327.1, 0.12, 0.002)
    whole = curve([planet, weaker])
    offset = (whole.time - planet.epoch + planet.period / 2) % planet.period - planet.period / 2
    left = whole.where(np.abs(offset) > 0.08)
    engine = SurveyEngine()
    (found,) = engine([left], (0.4, 13.0), FACTORS, [whole])
    (alone,) = engine([curve([weaker])], (0.4, 13.0), FACTORS)
    assert found.periods[np.argmax(found.power)] == pytest.approx(weaker.period, rel=5e-3)
    # What the mask took is missing, and no more.
    assert 0.85 < found.power.max() / alone.power.max() < 1.02


def test_gaps_make_no_signals():
    time = sector_times(0, CADENCE)
    time = time[(time % 1.3 > 0.2) | (time > 1340)]
    found = spectrum(curve([], time=time), (0.4, 13.0))
    assert found.power.max() < 7
