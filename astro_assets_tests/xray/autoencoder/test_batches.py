"""Batches: all curves once an epoch, in an order that the epoch's number tells."""

import numpy as np

from astro_assets.xray.autoencoder.batches import batch_of, epoch_of, in_order
from astro_assets.xray.autoencoder.parts import parts_of
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.autoencoder.settings import AutoencoderSettings
from astro_assets_tests.xray.made_curves import usual

CURVES = [one.light_curve for one in usual(50, 3)]
WHOLE, PARTS = [prepare(curve) for curve in CURVES], parts_of(CURVES, 0)
SETTINGS = AutoencoderSettings(batch=8, part_share=0.5)


def counts_of(batches):
    return sorted(float(one) for batch in batches for one in batch.counts.sum(dim=(1, 2)))


def test_every_curve_is_shown_once_whole_or_in_part():
    wholes = SETTINGS.model_copy(update={"part_share": 0.0})
    assert counts_of(epoch_of(WHOLE, PARTS, wholes, 0)) == sorted(curve.counts.sum() for curve in WHOLE)
    found = counts_of(epoch_of(WHOLE, PARTS, SETTINGS, 0))
    assert len(found) == 50
    assert sum(found) < sum(curve.counts.sum() for curve in WHOLE)


def test_epochs_have_orders_of_their_own():
    first, again, second = (
        [batch.counts.numpy().tobytes() for batch in epoch_of(WHOLE, PARTS, SETTINGS, n)] for n in (0, 0, 1)
    )
    assert first == again != second


def test_batches_hold_curves_of_like_lengths():
    spread = [np.ptp(batch.lengths.numpy()) for batch in epoch_of(WHOLE, PARTS, SETTINGS, 0)]
    assert max(spread) < max(curve.n_bins for curve in WHOLE) - min(curve.n_bins for curve in WHOLE)


def test_padding_is_not_valid():
    batch = batch_of(WHOLE[:6])
    assert batch.is_valid.sum().item() == sum(curve.is_known.any(axis=1).sum() for curve in WHOLE[:6])
    assert batch.features.shape[1] == max(curve.n_bins for curve in WHOLE[:6])
    assert [len(one.lengths) for one in in_order(WHOLE[:5], 2)] == [2, 2, 1]
