"""Files of events: read in order, missing views missing, faults named."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from astro_assets.transits.scorer.classes import CLASSES, LABEL_SETS
from astro_assets.transits.scorer.event_files import REQUIRED, EventFileError, read_events
from astro_assets.transits.scorer.examples import SCALARS, examples_of
from astro_assets_tests.transits.scorer.events import event_frame, write_events


@pytest.fixture
def frame():
    return event_frame(8)


def test_events_are_read_in_order(tmp_path, frame):
    events = examples_of(read_events(write_events(tmp_path / "events.parquet", frame)))
    assert events.stars == tuple(f"TIC {1000 + i}" for i in range(8))
    assert events.light_curves == ("",) * 8, "which sectors were searched is not told"
    assert events.strata == ("PC", "EB", "V", "J") * 2
    assert events.is_eclipse.tolist() == [True, True, False, False] * 2


def test_views_are_in_units_of_the_depth(tmp_path, frame):
    events = examples_of(read_events(write_events(tmp_path / "events.parquet", frame)))
    for name in ("global", "shifted", "local"):
        np.testing.assert_allclose(events.views[name].min(axis=1), -1, atol=1e-6)
    assert np.isnan(events.views["odd"]).all(), "nothing is invented"
    planet = events.views["local"][0]
    assert np.mean(planet[38:43]) < -0.6
    assert abs(np.mean(planet[:15])) < 0.2


def test_the_two_phases_are_told_apart(tmp_path, frame):
    """Upstream calls the column odd and even; it is phase 0.5, then phase 0."""
    events = examples_of(read_events(write_events(tmp_path / "events.parquet", frame)))
    binary = 1
    assert np.mean(events.views["primary"][binary, 38:43]) < -0.6
    assert -0.6 < np.mean(events.views["secondary"][binary, 38:43]) < -0.2


def test_labels_and_lists_are_not_needed(tmp_path, frame):
    path = write_events(tmp_path / "events.parquet", frame.drop("disposition", "src"))
    assert not examples_of(read_events(path)).is_labelled.any()


def test_empty_and_null_views_are_missing(tmp_path, frame):
    views = frame["global_view"].to_list()
    views[2], views[5] = [], None
    path = write_events(tmp_path / "events.parquet", frame.with_columns(pl.Series("global_view", views)))
    events = examples_of(read_events(path))
    missing = np.isnan(events.views["global"]).all(axis=1)
    assert missing.tolist() == [i in (2, 5) for i in range(8)]


def test_numbers_that_are_none_are_missing(tmp_path, frame):
    changed = frame.with_columns(
        snr=pl.Series([float("inf"), float("nan"), None, -1.0, *[10.0] * 4]), Depth=pl.lit(1.2)
    )
    events = examples_of(read_events(write_events(tmp_path / "events.parquet", changed)))
    snr = events.scalars[:, tuple(SCALARS).index("log10_snr")]
    assert np.isnan(snr[:4]).all()
    np.testing.assert_allclose(snr[4:], 1)
    assert np.isfinite(events.scalars[:, tuple(SCALARS).index("log10_depth")]).all()


@pytest.mark.parametrize("column", REQUIRED)
def test_a_missing_column_is_named(tmp_path, frame, column):
    path = write_events(tmp_path / "events.parquet", frame.drop(column))
    with pytest.raises(EventFileError, match=f"lacks the columns {column}"):
        read_events(path)


def test_a_view_of_another_length_is_named_with_its_row(tmp_path, frame):
    views = frame["local_view"].to_list()
    views[4] = views[4][:80]
    path = write_events(tmp_path / "events.parquet", frame.with_columns(pl.Series("local_view", views)))
    with pytest.raises(EventFileError, match=r"row 5: local_view has 80 bins, not 81"):
        read_events(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.col("TIC_ID").cast(pl.String), "TIC_ID is String"),
        (pl.col("TIC_ID").replace(1003, None), "row 4 has the TIC_ID None"),
        (pl.lit("planet?").alias("disposition"), "row 1 has the disposition 'planet\\?'"),
        (pl.lit("deep").alias("Depth"), "Depth is String"),
        (pl.lit(1.0).alias("global_view"), "global_view is Float64, not lists"),
    ],
)
def test_faults_are_named(tmp_path, frame, change, message):
    path = write_events(tmp_path / "events.parquet", frame.with_columns(change))
    with pytest.raises(EventFileError, match=message):
        read_events(path)


def test_a_file_in_which_something_is_always_missing_is_read(tmp_path, frame):
    nothing = frame.with_columns(global_view=pl.lit(None), Mass=pl.lit(None), shifted_global_view=pl.lit([]))
    events = examples_of(read_events(write_events(tmp_path / "events.parquet", nothing.head(1))))
    assert np.isnan(events.views["global"]).all()
    assert np.isnan(events.views["shifted"]).all()
    assert np.isnan(events.scalars[0, tuple(SCALARS).index("mass")])


def test_labels_of_what_is_scored_do_not_matter(tmp_path, frame):
    path = write_events(tmp_path / "events.parquet", frame.with_columns(disposition=pl.lit("APC")))
    assert not examples_of(read_events(path, with_labels=False)).is_labelled.any()


def test_what_is_no_parquet_is_refused(tmp_path):
    path = tmp_path / "events.parquet"
    path.write_bytes(b"PAR1 not really")
    with pytest.raises(EventFileError, match=r"events\.parquet cannot be read as Parquet"):
        read_events(path)
    with pytest.raises(FileNotFoundError, match=r"nothing\.parquet: there is no such file"):
        read_events(tmp_path / "nothing.parquet")


def test_every_label_set_is_of_trained_classes():
    assert {name for names in LABEL_SETS.values() for name in names} == set(CLASSES)


def test_real_events(shared_data):
    events = examples_of(read_events(shared_data / "tess_tce_views/nigraha_tce_views.parquet"))
    assert len(events) == 4800
    assert events.is_eclipse.sum() == 949
    assert events.is_labelled.sum() == 4716
    missing = {name: int(np.isnan(view).all(axis=1).sum()) for name, view in events.views.items()}
    assert (missing["global"], missing["shifted"], missing["local"]) == (42, 40, 0)
