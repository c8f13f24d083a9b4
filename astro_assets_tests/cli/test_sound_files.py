"""Files named on the command line are refused as a home would refuse them, before anything is read."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from astro_assets.cli.sound_files import refuse_unsound
from astro_assets.images.refusals import FrameRefusedError
from astro_assets_tests.images.made_images import image_file, pixel_file, sky
from astro_assets_tests.orchestration import homes


def test_images_are_sound(tmp_path: Path) -> None:
    for form in ("plain", "gzip", "tiles"):
        refuse_unsound(image_file(tmp_path / f"{form}.fits", sky(), form=form))
    refuse_unsound(pixel_file(tmp_path / "pixels.fits", sky(60, 80).reshape(3, 20, 80)))


@pytest.mark.parametrize("n_axes", ["99999999999999999999", "5000000", "-3"])
def test_a_header_of_endless_axes_is_refused_at_once(tmp_path: Path, n_axes: str) -> None:
    path = image_file(tmp_path / "endless.fits")
    content = path.read_bytes().replace(
        b"NAXIS   =                    2", b"NAXIS   = " + n_axes.rjust(20).encode()
    )
    path.write_bytes(content)
    began = time.monotonic()
    with pytest.raises(FrameRefusedError):
        refuse_unsound(path)
    assert time.monotonic() - began < 5


def test_what_is_no_image_is_told(tmp_path: Path) -> None:
    with pytest.raises(FrameRefusedError, match="it is no image but mission"):
        refuse_unsound(homes.star_file(tmp_path / "star.fits", 100))
    (tmp_path / "a.txt").write_text("nothing")
    with pytest.raises(FrameRefusedError):
        refuse_unsound(tmp_path / "a.txt")
    with pytest.raises(FileNotFoundError):
        refuse_unsound(tmp_path / "none.fits")
