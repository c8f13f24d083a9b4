"""What headers of a night tell together."""

import dataclasses

import numpy as np
import pytest

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.headers import headers_of

IMAGE = np.zeros((40, 40), np.float32)


def frames(**columns):
    number = len(next(iter(columns.values())))
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return {f"f{place}": Frame(IMAGE, **rows[place]) for place in range(number)}


def test_frames_come_in_order_of_time_and_those_without_one_last():
    headers = headers_of(frames(mid_mjd_utc=[3.0, None, 1.0, 2.0], gain=[2.0] * 4))
    assert headers.names == ("f2", "f3", "f0", "f1")
    assert headers.gain == 2
    assert np.isnan(headers.airmass).all()


def test_gains_that_differ_are_unknown_and_right_ascensions_wrap():
    headers = headers_of(
        frames(mid_mjd_utc=[1.0, 2.0], gain=[2.0, 3.0], ra_deg=[359.0, 1.0], dec_deg=[5.0, 5.0])
    )
    assert headers.gain is None
    assert min(headers.direction[0], 360 - headers.direction[0]) < 1e-6


def test_what_does_not_belong_together_is_refused():
    with pytest.raises(ValueError, match="several filters: B, V"):
        headers_of(frames(mid_mjd_utc=[1.0, 2.0], filter_name=["B", "V"]))
    with pytest.raises(ValueError, match="no frame has a time"):
        headers_of(frames(mid_mjd_utc=[None, None]))
    with pytest.raises(ValueError, match="no frame has a time"):
        headers_of({})


def test_an_air_mass_of_the_header_is_believed():
    one = frames(mid_mjd_utc=[1.0], airmass=[1.5])
    assert headers_of(one).airmass[0] == 1.5
    assert np.isnan(headers_of({"f": dataclasses.replace(one["f0"], airmass=None)}).airmass[0])
