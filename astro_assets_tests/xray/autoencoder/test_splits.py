"""Which sources are for what."""

import numpy as np

from astro_assets.xray.autoencoder.splits import parts_of_sources


def test_shares_are_85_5_10():
    parts = parts_of_sources([f"SIM {i}" for i in range(20_000)], 0)
    np.testing.assert_allclose(np.bincount(parts) / 20_000, [0.85, 0.05, 0.10], atol=0.006)


def test_a_source_keeps_its_part_whoever_else_there_is():
    names = [f"SIM {i}" for i in range(100)]
    assert parts_of_sources(names[::-1], 3).tolist() == parts_of_sources(names, 3)[::-1].tolist()
    assert len(set(parts_of_sources(["4U 1700-37"] * 5, 3))) == 1
    assert parts_of_sources(names, 3).tolist() != parts_of_sources(names, 4).tolist()
