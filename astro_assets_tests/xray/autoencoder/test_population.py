"""Simulated sources by their recipes."""

from collections import Counter

from astro_assets.xray.autoencoder.population import USUAL, recipe_of, recipes_of, source_of
from astro_assets.xray.autoencoder.settings import AutoencoderSettings
from astro_assets.xray.simulation.settings import SimulationSettings

SETTINGS = AutoencoderSettings(curves=40, calibration_curves=20)


def test_no_source_has_two_roles_and_the_mixture_is_that_of_the_kinds():
    to_fit, others = recipes_of(SETTINGS)
    assert (len(to_fit), len(others)) == (40, 20)
    names = [one.name for one in (*to_fit, *others)]
    assert len(set(names)) == 60
    assert Counter(one.kind for one in to_fit) == {kind: 8 * USUAL.count(kind) for kind in set(USUAL)}
    other = SETTINGS.model_copy(update={"seed": 7})
    assert not set(names) & {one.name for part in recipes_of(other) for one in part}


def test_a_recipe_is_all_that_a_source_is_made_of():
    recipe = recipe_of(SETTINGS, "test", 3)
    one, again = (recipe.simulated() for _ in range(2))
    assert one.light_curve.counts.tobytes() == again.light_curve.counts.tobytes()
    source = source_of(recipe)
    assert source.name == recipe.name
    assert source.name.startswith("SIM X test 0-3-3 ")
    assert source.kind == one.kind == "red_noise"
    assert source.curve.counts.tobytes() == one.light_curve.counts.tobytes()


def test_settings_of_the_simulation_change_the_sources():
    brighter = SETTINGS.model_copy(update={"simulation": SimulationSettings(mean_rate=(100.0, 200.0))})
    sources = [source_of(recipe_of(settings, "fit", 0)) for settings in (SETTINGS, brighter)]
    assert sources[1].curve.counts.sum() > sources[0].curve.counts.sum()
    assert sources[1].name != sources[0].name
