"""The anomaly segmenter on simulated sky that it has not seen, and on real frames with injected sources.

Floors, on simulated scenes: completeness of wanted kinds of 0.95 from a signal-to-noise ratio of 10 on and
of 0.5 at 5 (4.5 to 5.5), with at most 0.1 false objects a megapixel. Beside it stands thresholding of the
difference image (sep) at the same false rate; on real frames (ASTRO_ASSETS_SHARED_DATA, or ../shared/data)
the same figures show what simulation does not know. `--segmenter` judges a file, without it one is trained;
`--pictures` draws examples. The exit code is 1 if a floor is missed.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from segmentation_limit import share_found
from segmentation_pictures import draw

from astro_assets.images.alignment import measured_shift, shifted
from astro_assets.images.differencing import subtract
from astro_assets.images.frame import Frame
from astro_assets.images.segmentation.calibration import measured_scenes, scored
from astro_assets.images.segmentation.injected import Pair
from astro_assets.images.segmentation.judging import JudgedScene, report, threshold_for
from astro_assets.images.segmentation.pixels import PixelJudge
from astro_assets.images.segmentation.scene_sets import scene_of
from astro_assets.images.segmentation.segmenter import Segmenter, open_segmenter
from astro_assets.images.segmentation.settings import MODES, SegmentationSettings
from astro_assets.images.segmentation.thresholding import judged_thresholding
from astro_assets.images.segmentation.training import fit
from astro_assets.images.simulation.injection import InjectionSettings, inject, second_epoch
from astro_assets.images.simulation.scene import Scene, simulate_scene

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
FLOORS = {"bright": 0.95, "faint": 0.5, "false": 0.1}
PIXEL_SCENES = 60
#: Of HAT-P-32, frames so many exposures apart are pairs.
APART, PAIRS = 3, 8
SINGLE = ("photutils/M6707HH.fits", "photutils/M51.fits", "sep/image.fits")


def main() -> int:
    """Train or open, judge, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segmenter", type=Path, help="a file to judge; trained if there is none")
    parser.add_argument("--mode", choices=MODES, default="full")
    parser.add_argument("--folder", type=Path, help="where the training's state is kept, and taken up")
    parser.add_argument("--seed", type=int, default=1000, help="of the test sky; that of training is another")
    parser.add_argument("--megapixels", type=float, default=60.0)
    parser.add_argument("--pictures", type=Path, help="folder for examples")
    parser.add_argument("--real-only", action="store_true")
    parser.add_argument(
        "--pairs", action="store_true", help="train on the second half of the night whose first half judges"
    )
    parser.add_argument("--data", type=Path, default=SHARED)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    segmenter = opened(arguments)
    print(f"{segmenter.manifest.n_parameters} parameters, test seed {arguments.seed}")
    settings = segmenter.manifest.settings.model_copy(update={"seed": arguments.seed})
    if settings.seed == segmenter.manifest.settings.seed:
        print("the test sky must have another seed than the training")
        return 2
    is_reached = True
    simulated: dict[str, Any] | None = None
    if not arguments.real_only:
        simulated = judge_simulated(segmenter, settings, arguments.megapixels)
        is_reached = print_floors(simulated)
        limit = share_found(settings.scenes, FLOORS["false"])
        print(
            f"at 5 a matched filter that knows the noise finds {limit:.3f}, where nothing but noise is false"
        )
        print_speed(segmenter, settings)
    if arguments.pictures is not None:
        draw(segmenter, (scene_of(settings, "test", i) for i in range(6)), arguments.pictures, "simulated")
    folder = arguments.data / "fits_images"
    if not folder.is_dir():
        print(f"no {folder}: nothing real to measure")
    else:
        judge_real(segmenter, folder, simulated, arguments.pictures)
    return 0 if is_reached else 1


def opened(arguments: argparse.Namespace) -> Segmenter:
    """Open the segmenter, trained first where there is none."""
    if arguments.segmenter is not None and arguments.segmenter.is_file():
        return open_segmenter(arguments.segmenter)
    start, cpu = time.perf_counter(), time.process_time()
    pairs = pairs_to_learn_from(arguments.data / "fits_images") if arguments.pairs else ()
    fitted = fit(SegmentationSettings(**MODES[arguments.mode]), arguments.folder, pairs)
    print(f"trained in {time.perf_counter() - start:.0f} s, {time.process_time() - cpu:.0f} s of one thread")
    if arguments.segmenter is not None:
        arguments.segmenter.write_bytes(fitted.file)
    return open_segmenter(fitted.file)


def judge_simulated(
    segmenter: Segmenter, settings: SegmentationSettings, megapixels: float
) -> dict[str, Any]:
    """Judge on so much simulated sky, and print it."""
    pixels = PixelJudge(settings.loss)
    plain: dict[str, list[JudgedScene]] = {"thresholding": [], "thresholding of points": []}
    n = int(np.ceil(megapixels * 1e6 / (settings.scenes.rows * settings.scenes.columns)))
    spent = {"scene": 0.0, "network": 0.0}

    def scenes() -> Iterator[Scene]:
        for i in range(n):
            start = time.process_time()
            scene = scene_of(settings, "test", i)
            spent["scene"] += time.process_time() - start
            yield scene

    def logits(scene: Scene) -> np.ndarray:
        start = time.process_time()
        found = segmenter.logits(scene.difference)
        spent["network"] += time.process_time() - start
        for found_by, is_points in zip(plain.values(), (False, True), strict=True):
            found_by.append(judged_thresholding(scene.difference, scene.truth, points_only=is_points))
        if len(plain["thresholding"]) <= PIXEL_SCENES:
            pixels.add(scene, found)
        return found

    score = segmenter.score
    ours = scored(measured_scenes(scenes(), logits, settings.extraction), score)
    told = report(ours, score.threshold)
    each = {name: f"{1e3 * seconds / n:.0f} ms" for name, seconds in spent.items()}
    print(f"{n} scenes; of processor time a scene takes {each['scene']}, the network {each['network']}")
    print_report("segmenter, simulated", told)
    for name, judged in plain.items():
        print_report(f"{name} at the same false rate", at_same_rate(judged, told))
    print("pixels: " + ", ".join(f"{name} {value:.3f}" for name, value in pixels.report().items()))
    return told


def at_same_rate(plain: list[JudgedScene], told: dict[str, Any]) -> dict[str, Any]:
    """Judge thresholding at the false rate of a report."""
    return report(plain, threshold_for(plain, told["false_per_megapixel"]["value"]))


def print_report(title: str, told: dict[str, Any]) -> None:
    """Print a report."""
    false = told["false_per_megapixel"]
    print(f"\n{title}: {told['megapixels']:.1f} Mpix")
    interval = f"{false['value']:.3f} ({false['from']:.3f} to {false['to']:.3f})"
    print(f"  false a Mpix {interval} {told['false_by_cause']}")
    for one in told["completeness"]:
        print(
            f"  SNR {one['low']:4.1f} to {one['high']:4.1f}: {one['count']:5d} objects, complete to "
            f"{one['value']:.3f} ({one['from']:.3f} to {one['to']:.3f})"
        )
    bright = told["completeness_from_10"]
    print(f"  SNR 10 and above: {bright['value']:.3f} ({bright['from']:.3f} to {bright['to']:.3f})")
    for kind, one in told["completeness_from_10_by_kind"].items():
        if one["count"]:
            print(f"    {kind:10} {one['count']:5d} {one['value']:.3f}")
    print(f"  average precision {told['average_precision']:.3f}, right kind {told['kind_accuracy']:.3f}")


def print_floors(told: dict[str, Any]) -> bool:
    """Print which floors are reached, and whether all are."""
    values = {
        "completeness from 10": (told["completeness_from_10"]["value"], FLOORS["bright"]),
        "completeness at 5": (told["completeness"][1]["value"], FLOORS["faint"]),
        "false a Mpix": (told["false_per_megapixel"]["value"], FLOORS["false"]),
    }
    print()
    is_reached = True
    for name, (value, floor) in values.items():
        reached = value <= floor if name == "false a Mpix" else value >= floor
        print(f"{name:22} {value:7.3f}  floor {floor:5.2f}  {'reached' if reached else 'MISSED'}")
        is_reached &= bool(reached)
    return is_reached


def print_speed(segmenter: Segmenter, settings: SegmentationSettings) -> None:
    """Print how long a scene of 1024 x 1024 pixels takes, the best of three."""
    scenes = settings.scenes.model_copy(update={"rows": 1024, "columns": 1024})
    scene = simulate_scene(scenes, (settings.seed, 9))
    spent = {}
    for name, call in (
        ("subtraction", lambda: subtract(
            scene.science, scene.reference, scene.science_fwhm_pixels, scene.reference_fwhm_pixels,
            scenes.differencing, scene.flux_scale,
        )),
        ("network", lambda: segmenter.logits(scene.difference)),
        ("network and objects", lambda: segmenter.of_difference(scene.difference)),
    ):  # fmt: skip
        times = []
        for _ in range(3):
            start = time.perf_counter()
            call()
            times.append(time.perf_counter() - start)
        spent[name] = f"{1e3 * min(times):.0f} ms"
    print("a scene of 1024 x 1024: " + ", ".join(f"{name} {each}" for name, each in spent.items()))


def judge_real(
    segmenter: Segmenter, folder: Path, simulated: dict[str, Any] | None, pictures: Path | None
) -> None:
    """Judge on real frames with injected sources, and print what is lost against simulated ones."""
    groups: dict[str, list[Scene]] = {}
    for name, science, reference in real_pairs(folder):
        for seed in range(4):
            injected = inject(science, reference, InjectionSettings(transients=8, asteroids=8), (seed, 99))
            groups.setdefault(name, []).append(injected)
    score = segmenter.score
    extraction = segmenter.manifest.settings.extraction
    for name, scenes in groups.items():
        measured = measured_scenes(scenes, lambda scene: segmenter.logits(scene.difference), extraction)
        told = report(scored(measured, score), score.threshold)
        print_report(f"segmenter, {name} with injections", told)
        for is_points in (False, True):
            plain = [
                judged_thresholding(scene.difference, scene.truth, points_only=is_points) for scene in scenes
            ]
            of = "points" if is_points else "all"
            print_report(f"thresholding of {of}, {name}, at the same false rate", at_same_rate(plain, told))
        if simulated is not None:
            lost = simulated["completeness_from_10"]["value"] - told["completeness_from_10"]["value"]
            print(f"  simulated to real: {lost:+.3f} of completeness from 10 lost")
        if pictures is not None:
            draw(segmenter, iter(scenes[:2]), pictures, name)


def real_pairs(folder: Path) -> Iterator[tuple[str, Frame, Frame]]:
    """Yield names, science frames and references: second epochs of single frames, true pairs of HAT-P-32."""
    for path in SINGLE:
        if (folder / path).is_file():
            frame = read(folder / path)
            yield Path(path).stem, frame, second_epoch(frame, 5)
    night = sorted((folder / "hatp32_microobservatory").glob("*.fits.gz"))
    for i in range(0, min(len(night) - APART, PAIRS * APART), APART):
        science, reference = read(night[i + APART]), read(night[i])
        yield "hatp32", shifted(science, *measured_shift(science, onto=reference)), reference


def pairs_to_learn_from(folder: Path) -> list[Pair]:
    """Return pairs of the second half of the night of HAT-P-32: of the first half are those that judge."""
    night = sorted((folder / "hatp32_microobservatory").glob("*.fits.gz"))
    later = night[(PAIRS + 1) * APART :]

    def aligned(first: Path, second: Path) -> tuple[Frame, Frame]:
        science, reference = read(second), read(first)
        return shifted(science, *measured_shift(science, onto=reference)), reference

    return [
        Pair(second.name, partial(aligned, first, second), InjectionSettings())
        for first, second in zip(later, later[APART:], strict=False)
    ]


def read(path: Path) -> Frame:
    """Read the first image of a file; what it saturates at is its largest count."""
    import warnings

    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(path) as file:
            image = next(part.data for part in file if part.data is not None and part.data.ndim == 2)
    image = np.asarray(image, np.float32)
    return Frame(image=image, saturation=0.98 * float(np.nanmax(image)))


if __name__ == "__main__":
    sys.exit(main())
