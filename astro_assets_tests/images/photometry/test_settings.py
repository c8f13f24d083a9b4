"""Settings are bounded."""

import pytest
from pydantic import ValidationError

from astro_assets.images.photometry.settings import SeriesSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"aperture_fwhms": ()},
        {"aperture_fwhms": (0.1,)},
        {"annulus_fwhms": (6.0, 6.0)},
        {"annulus_fwhms": (6.0, 600.0)},
        {"telescope_diameter_m": 0},
        {"unknown": 1},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        SeriesSettings(**wrong)
