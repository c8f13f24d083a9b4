"""Files are judged with those of their night; one that cannot be read, or goes away, leaves the others."""

import numpy as np
import pytest

from astro_assets.images.frame import Site
from astro_assets.images.quality.files import GrowingNights, Reading, assess_files, said
from astro_assets.images.quality.nights import FEWEST_FRAMES
from astro_assets.images.refusals import FrameRefusedError
from astro_assets_tests.images.made_images import image_file

START = 58106.1


@pytest.fixture(scope="module")
def paths(night, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    found = []
    for number, one in enumerate(night[:7]):
        cards = {"OBJECT": "field", "EXPTIME": one.frame.exposure_s, "FILTER": "V"}
        cards["MJD-OBS"] = START + number / 500
        found.append(image_file(folder / f"{number}.fits", one.frame.image, **cards))
    return found


def told(judged):
    verdict = judged.verdict
    return judged.path, judged.series_id, verdict.grade, verdict.p_bad, verdict.reasons, verdict.has_night


def test_files_of_a_night_are_judged_beside_each_other_and_once(assessor, paths, night, tmp_path):
    other = image_file(tmp_path / "other.fits", night[3].frame.image, OBJECT="x", EXPTIME=60.0, FILTER="V")
    found = list(assess_files(assessor, [*paths, paths[0], other], Reading()))
    assert [one.path for one in found] == [*paths, other]
    assert [one.verdict.has_night for one in found] == [True] * 7 + [False]
    assert len({one.series_id for one in found[:-1]}) == 1
    assert found[-1].series_id is None  # it tells no time
    backwards = assess_files(assessor, [other, *reversed(paths)], Reading())
    assert {told(one) for one in backwards} == {told(one) for one in found}


def test_faults_are_told_and_the_others_judged(assessor, paths, tmp_path):
    cut = tmp_path / "cut.fits"
    cut.write_bytes(paths[0].read_bytes()[:9000])
    found = {one.path: one for one in assess_files(assessor, [cut, tmp_path, *paths], Reading())}
    assert found[cut].verdict is None
    assert found[tmp_path].fault == "Is a directory"
    assert all(found[path].verdict.has_night for path in paths)


def test_a_frame_of_absurd_counts_leaves_its_night(assessor, paths, night, tmp_path):
    cards = {"OBJECT": "field", "EXPTIME": 60.0, "FILTER": "V", "MJD-OBS": START + 0.02}
    absurd = image_file(tmp_path / "absurd.fits", night[6].frame.image * np.float32(1e9), **cards)
    found = {one.path: one for one in assess_files(assessor, [*paths, absurd], Reading())}
    assert found[absurd].fault == "none of the frame's pixels is a measurement"
    assert all(found[path].verdict.has_night for path in paths)


def test_a_file_is_checked_before_it_is_read(assessor, paths):
    def refused(path):
        if path == paths[1]:
            raise FrameRefusedError("damaged", "NAXIS is 99")

    found = {one.path: one for one in assess_files(assessor, paths, Reading(check=refused))}
    assert found[paths[1]].fault == "NAXIS is 99"
    assert found[paths[0]].verdict is not None


def test_a_file_that_goes_away_meanwhile_leaves_its_night(assessor, paths, tmp_path):
    gone = tmp_path / "gone.fits"
    gone.write_bytes(paths[6].read_bytes())

    class Once(Reading):
        """Reads a file just once."""

        def read(self, path):
            found = super().read(path)
            if path == gone:
                gone.unlink()
            return found

    found = {one.path: one for one in assess_files(assessor, [*paths[:6], gone], Once())}
    assert found[gone].fault == "No such file or directory"
    without = {one.path: one for one in assess_files(assessor, paths[:6], Reading())}
    assert [told(found[path]) for path in paths[:6]] == [told(without[path]) for path in paths[:6]]


def test_nights_grow_apart_and_a_fault_may_be_tried_again(assessor, paths, tmp_path):
    nights = GrowingNights(assessor, Reading())
    late = tmp_path / "late.fits"
    late.write_bytes(paths[2].read_bytes()[:9000])
    found = [nights.add(path) for path in paths[:2]]
    with pytest.raises(FrameRefusedError):
        nights.add(late)
    late.write_bytes(paths[2].read_bytes())
    found += [nights.add(late), *(nights.add(path) for path in paths[3:])]
    assert [one.verdict.has_night for one in found] == [
        number >= FEWEST_FRAMES - 1 for number in range(len(found))
    ]
    whole = list(assess_files(assessor, paths, Reading()))
    assert told(found[-1]) == told(whole[-1])


def test_nights_are_parted_where_the_observatory_is(paths):
    series = [Reading(site=Site(0.0, longitude, 0.0)).read(paths[0]).series_id for longitude in (0, 179)]
    assert series[0] != series[1]
    with pytest.raises(FrameRefusedError, match="no image"):
        Reading(hdu="7").read(paths[0])


def test_a_fault_is_a_line():
    assert said(ValueError("a\n  b")) == "a b"
    assert said(FileNotFoundError(2, "No such file", "x")) == "No such file"
    assert said(ValueError()) == "ValueError"
    assert len(said(ValueError("x" * 1000))) == 300
    assert np.isfinite(len(said(OSError("damaged"))))
