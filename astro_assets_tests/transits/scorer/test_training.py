"""A training on made-up events: what it makes, that it goes on after a kill, that nothing of it is chance."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from astro_assets.learning.splits import grouped_folds
from astro_assets.transits.scorer.auditing import leaks, leaks_between, shortcuts
from astro_assets.transits.scorer.cross_validation import TooFewExamplesError, cross_validate
from astro_assets.transits.scorer.examples import SCALARS
from astro_assets.transits.scorer.export import EDGE_BYTES
from astro_assets.transits.scorer.manifest import ScorerFileError
from astro_assets.transits.scorer.report import trained_with_report
from astro_assets.transits.scorer.scorer import of_unseen
from astro_assets.transits.scorer.scorer_file import scorer_of
from astro_assets.transits.scorer.scores import score_rows
from astro_assets.transits.scorer.settings import NetworkSettings, ScorerSettings
from astro_assets.transits.scorer.stars import first_of_each_star
from astro_assets_tests.transits.scorer.events import examples

#: As little as shows everything.
SETTINGS = ScorerSettings(
    folds=2,
    members=2,
    trees=20,
    with_tsfresh=False,
    network=NetworkSettings(epochs=8, batch=16, learning_rate=1e-2),
)


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    return examples(tmp_path_factory.mktemp("events"), 120, events_per_star=2)


@pytest.fixture(scope="module")
def trained(events, tmp_path_factory):
    return trained_with_report(events, SETTINGS, tmp_path_factory.mktemp("training"))


@pytest.fixture(scope="module")
def scorer(trained):
    return scorer_of(trained[0])


@pytest.mark.slow
class TestScorer:
    def test_it_learns(self, trained):
        figures = trained[1]
        assert figures["scorer"]["average_precision"]["value"] > 0.95
        assert figures["rivals"]["networks"]["average_precision"]["value"] > 0.9
        assert figures["edge"]["average_precision"]["value"] > 0.85
        assert figures["counts"]["judged"] == 120, "one event of each star"

    def test_graphs_compute_what_the_networks_do(self, trained):
        assert trained[1]["parity"] < 1e-5

    def test_the_edge_model_is_small(self, trained, scorer):
        assert trained[1]["edge"]["bytes"] == len(scorer.edge) <= EDGE_BYTES

    def test_the_hardest_events_are_kept_as_they_looked(self, trained, events):
        hardest = trained[1]["hardest"]
        assert len(hardest) == 12
        surprise = [abs(row["is_eclipse"] - row["probability"]) for row in hardest]
        assert surprise == sorted(surprise, reverse=True)
        for row in hardest:
            at = events.ids.index(row["event"])
            assert (row["disposition"], row["is_eclipse"]) == (events.strata[at], events.is_eclipse[at])
            for name in ("global", "local"):
                np.testing.assert_allclose(row["views"][name], events.views[name][at], atol=6e-4)

    def test_the_report_is_json(self, trained):
        assert json.loads(json.dumps(trained[1], allow_nan=False)) == trained[1]

    @pytest.mark.parametrize("with_edge", [False, True])
    def test_scores_know_new_stars(self, scorer, tmp_path, with_edge):
        new = examples(tmp_path, 40, seed=9)
        found = scorer.score(new, with_edge=with_edge)
        np.testing.assert_allclose(found.probability.sum(axis=1), 1)
        right = (found.planet_or_eb > 0.5) == new.is_eclipse
        assert right.mean() > 0.85
        assert found.gate[new.is_eclipse].mean() > 0.9

    def test_scores_of_training_stars_are_those_of_who_has_not_seen_them(self, trained, scorer, events):
        found = scorer.score(events)
        assert found.is_trained_on.all()
        first = first_of_each_star(events.stars, np.arange(len(events)))
        precision = average_precision_score(events.is_eclipse[first], found.planet_or_eb[first])
        held_out = trained[1]["scorer"]["average_precision"]["value"]
        assert precision == pytest.approx(held_out, abs=1e-6)
        as_new = replace(events, stars=tuple(f"new {star}" for star in events.stars))
        flattered = scorer.score(as_new)
        assert not flattered.is_trained_on.any()
        truth = events.labels
        assert flattered.probability[truth].mean() > found.probability[truth].mean()

    def test_a_score_does_not_depend_on_its_company(self, scorer, events):
        some = np.arange(90)
        together = scorer.score(events.take(some))
        backwards = scorer.score(events.take(some[::-1].copy()))
        single = [scorer.score(events.take(some[i : i + 1])) for i in (0, 7, 89)]
        for name in ("probability", "disagreement", "unlikeness"):
            of_all = getattr(together, name)
            assert of_all.tobytes() == np.ascontiguousarray(getattr(backwards, name)[::-1]).tobytes()
            alone = np.concatenate([getattr(one, name) for one in single])
            assert of_all[[0, 7, 89]].tobytes() == alone.tobytes()

    @pytest.mark.parametrize("with_edge", [False, True])
    def test_no_events_have_no_scores(self, scorer, events, with_edge):
        nobody = events.take(np.array([], dtype=np.int64))
        assert scorer.score(nobody, with_edge=with_edge).probability.shape == (0, 5)

    def test_nothing_observed_is_abstained_on(self, scorer, events):
        blank = replace(
            events.take(np.arange(3)),
            views={name: np.full_like(view[:3], np.nan) for name, view in events.views.items()},
        )
        rows = score_rows(scorer, blank)
        assert all(row["abstain"] for row in rows)
        assert {row["abstains_because"] for row in rows} == {"no view has a bin with data"}

    def test_shapes_that_nothing_trained_on_has_are_abstained_on(self, scorer, tmp_path):
        """Networks are sure of them: they put it all on one side or the other of what they know."""
        new = examples(tmp_path, 60, seed=11)
        deep = new.take(new.is_eclipse)
        upside_down = replace(deep, views={name: -view for name, view in deep.views.items()})
        known, unknown = score_rows(scorer, deep), score_rows(scorer, upside_down)
        assert np.mean([row["unlikeness"] > 1 for row in known]) < 0.1
        assert all(row["abstain"] and row["unlikeness"] > 1 for row in unknown)
        assert {row["abstains_because"] for row in unknown} == {
            "its folded views are farther from all that was trained on than those of 99 of 100 others"
        }

    def test_what_is_no_scorer_is_refused(self, trained):
        no_object = io.BytesIO()
        with zipfile.ZipFile(no_object, "w") as archive:
            archive.writestr("manifest.json", "[]")
        for data in (b"", b"nothing", trained[0][:1000], trained[0][:-30], no_object.getvalue()):
            with pytest.raises(ScorerFileError):
                scorer_of(data)

    def test_a_scorer_of_an_older_form_is_told_apart(self, trained):
        older = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(trained[0])) as archive,
            zipfile.ZipFile(older, "w") as changed,
        ):
            for name in archive.namelist():
                changed.writestr(name, archive.read(name).replace(b"transit scorer 2", b"transit scorer 1"))
        with pytest.raises(ScorerFileError, match=r"'astro_assets transit scorer 1' .* train it again"):
            scorer_of(older.getvalue())

    def test_no_fold_leaks(self, events, tmp_path):
        found = cross_validate(events, SETTINGS.model_copy(update={"members": 1}), tmp_path)
        assert not leaks(events, found)
        # A scaler that was fitted on everything is found out.
        everything = frozenset(found.groups)
        planted = replace(found, fitted_on=[everything, everything])
        assert any("fitted_outside_fold" in message for message in leaks(events, planted))
        # So is an event that was made of a light curve of another fold.
        of_one = replace(events, light_curves=("TIC 7",) * len(events))
        assert any("leaked_light_curve" in message for message in leaks(of_one, found))

    def test_it_goes_on_after_a_kill_with_the_same_bits(self, events, tmp_path):
        settings = SETTINGS.model_copy(update={"with_edge": False, "resamples": 50})
        first, _ = trained_with_report(events, settings, tmp_path)
        made = {path: path.stat().st_mtime_ns for path in tmp_path.glob("fold*.safetensors")}
        lost = tmp_path / "fold1-member1.safetensors"
        lost.unlink()
        again, _ = trained_with_report(events, settings, tmp_path)
        assert again == first, "the network that was lost is fitted again to the bit, and so is all else"
        kept = {path: time for path, time in made.items() if path != lost}
        assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_a_star_is_answered_by_the_fold_that_was_held_out_and_a_new_one_by_all():
    by_fold = np.array([[1.0, 2.0, 6.0], [1.0, 2.0, 6.0]])
    np.testing.assert_array_equal(of_unseen(by_fold, np.array([1, -1])), [2.0, 3.0])


def test_too_few_events_are_refused_with_what_there_is(tmp_path):
    with pytest.raises(TooFewExamplesError, match=r"at least 10 stars .* there are 4 and 4"):
        cross_validate(examples(tmp_path, 8), ScorerSettings(), tmp_path)


def test_a_star_on_both_sides_is_found(events):
    rows = np.arange(len(events))
    assert any("group" in message for message in leaks_between(events, rows[::2], rows[1::2]))
    stars = np.array(events.stars)
    half = np.isin(stars, np.unique(stars)[:60])
    assert not leaks_between(events, rows[half], rows[~half])


def test_a_light_curve_on_both_sides_is_found_and_clean_splits_are_clean(events):
    """Each star has a light curve, an event of it, and one that was made of it."""
    curves = events.stars
    known = replace(events, light_curves=curves)
    rows, n_silent = np.arange(len(events)), 0
    for seed in range(10):
        folds = grouped_folds(events.stars, events.strata, 5, seed)
        for fold in range(5):
            n_silent += not leaks_between(known, rows[folds != fold], rows[folds == fold])
    assert n_silent == 50
    train, test = rows[folds != fold], rows[folds == fold]
    made_of = tuple(curves[train[7]] if row == test[3] else name for row, name in enumerate(curves))
    (message,) = leaks_between(replace(events, light_curves=made_of), train, test)
    assert message.startswith("leaked_light_curve: 1 light curve name(s)")
    assert message.endswith(curves[train[7]])
    unknown = tuple("" if row in (train[7], test[3]) else name for row, name in enumerate(made_of))
    assert not leaks_between(replace(events, light_curves=unknown), train, test), "nothing is not a name"


def test_a_list_that_tells_the_label_is_found(events):
    rows = np.arange(0, len(events), 2)
    assert not shortcuts(events, rows)
    telling = tuple("planets.csv" if eclipse else "junk.csv" for eclipse in events.is_eclipse)
    planted = replace(events, provenance={**events.provenance, "listed_in": telling})
    assert any("list" in message for message in shortcuts(planted, rows))


def test_a_star_that_is_known_of_planets_alone_is_found(events):
    rows = np.arange(0, len(events), 2)
    scalars = events.scalars.copy()
    scalars[events.is_eclipse, tuple(SCALARS).index("duration_over_star")] = 1.0
    assert any("what_is_missing" in message for message in shortcuts(replace(events, scalars=scalars), rows))


def test_lists_that_are_too_thin_to_judge_by_are_not_judged_by(events, tmp_path):
    """One planet among the false alarms of a list does not make it a list of both."""
    rows = np.concatenate([np.flatnonzero(events.is_eclipse)[::2], np.flatnonzero(~events.is_eclipse)])
    some = events.take(rows)
    listed = ["planets"] * len(rows)
    for i in (0, *np.flatnonzero(~some.is_eclipse)):
        listed[i] = "junk"
    thin = replace(some, provenance={**some.provenance, "listed_in": tuple(listed)})
    settings = SETTINGS.model_copy(
        update={"members": 1, "network": SETTINGS.network.model_copy(update={"epochs": 1})}
    )
    found = cross_validate(thin, settings, tmp_path)
    assert set(found.judged) > {int(i) for i in found.judged if listed[i] == "junk"}


@pytest.mark.parametrize("is_one_sided", [False, True])
def test_planets_that_were_put_in_are_learned_from_and_never_judged(events, tmp_path, is_one_sided):
    put_in = np.isin(events.stars, [events.stars[i] for i in np.flatnonzero(events.is_eclipse)[::5]])
    real = ["planets" if eclipse and is_one_sided else "list" for eclipse in events.is_eclipse]
    listed = tuple("injected" if of else name for of, name in zip(put_in, real, strict=True))
    mixed = replace(events, provenance={**events.provenance, "listed_in": listed})
    settings = SETTINGS.model_copy(
        update={"members": 1, "network": SETTINGS.network.model_copy(update={"epochs": 1})}
    )
    found = cross_validate(mixed, settings, tmp_path)
    assert {listed[i] for i in found.judged} == set(listed) - {"injected"}
    learned = frozenset().union(*found.fitted_on)
    assert {events.stars[i] for i in np.flatnonzero(put_in)} <= learned
    alone = mixed.take(put_in | ~events.is_eclipse)
    with pytest.raises(TooFewExamplesError, match="there are 0 and 60, planets that were put in not counted"):
        cross_validate(alone, settings, tmp_path / "alone")


def test_a_geometry_that_nothing_has_is_told(events, tmp_path):
    blind = replace(
        events,
        views={
            name: np.full_like(view, np.nan) if name in ("global", "shifted") else view
            for name, view in events.views.items()
        },
    )
    with pytest.raises(TooFewExamplesError, match="hardly any example has one of the views global, shifted"):
        cross_validate(blind, SETTINGS, tmp_path)
