"""The survey engine on a GPU: microseconds a curve, beside what is wanted, and spectra beside the CPU's.

Prints what the host does (binning), the copies to and from the device, the search on it, and the whole call;
exits with 1 where spectra differ from the survey engine's in any bit, or where copies and search take longer
than wanted. Without a GPU it says so. Curves and their spectra can be made elsewhere:

    python benchmarks/bench_gpu.py --reference surveys.npz

makes them where the file is not there, and reads them where it is.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from timing import REPEATS, end

from astro_assets.transits.search.engine import Curve, Spectrum
from astro_assets.transits.search.gpu_engine import GpuEngine, batch_of, tiles_of_batches
from astro_assets.transits.search.grid import gridded
from astro_assets.transits.search.levels import density_of, plan_search
from astro_assets.transits.search.survey import SurveyEngine

FACTORS = 0.25, 1.8
SIGMA = 1e-3
BIN, PACK, UP = "binning, on the host", "packing, on the host", "copy to the device"
SEARCH, DOWN = "search on the device", "copy from the device"
DEVICE, WHOLE = "copies and search", "whole call"
#: Different curves; there are as many of each as it takes.
DIFFERENT = 64


@dataclass(frozen=True)
class Survey:
    """What is observed and searched.

    Parameters
    ----------
    cadence, step
        Of the data and of the grid, minutes.
    days
        Length of the data.
    periods
        Trial periods, days.
    stars
        Searched at once.
    wanted
        At most so many microseconds a curve.
    """

    cadence: float
    step: float
    days: float
    periods: tuple[float, float]
    stars: int
    wanted: float


SURVEYS = {
    "TESS, 2 min, 27 d": Survey(2.0, 15.0, 27.4, (0.5, 13.7), 8192, 20.0),
    "full frames, 30 min, 27 d": Survey(30.0, 30.0, 27.4, (0.5, 13.7), 16_384, 5.0),
    "Kepler, 29.4 min, 4 yr": Survey(29.4244, 29.4244, 1460.0, (1.0, 100.0), 128, 15_000.0),
}


def observed(survey: Survey) -> tuple[np.ndarray, np.ndarray]:
    """Return times and single-precision fluxes of white noise with transits, shape (stars, n)."""
    rng = np.random.default_rng(11)
    times = 1325 + np.arange(0, survey.days, survey.cadence / 1440)
    times = times[np.abs(times - times[0] - survey.days / 2) > 0.5]
    shortest, longest = survey.periods
    flux = rng.normal(1, SIGMA, (min(DIFFERENT, survey.stars), times.size))
    for one, period in zip(flux, np.geomspace(1.6 * shortest, longest / 1.5, len(flux)), strict=True):
        duration = 0.0755 * np.cbrt(period)
        depth = 15 * SIGMA * np.sqrt(period / duration / times.size)
        one[(times - times[0]) % period < duration] -= depth
    return times, flux.astype(np.float32)


def curves_of(survey: Survey, times: np.ndarray, flux: np.ndarray) -> list[Curve]:
    """Return the curves that differ."""
    errors, cadence = np.full(times.size, SIGMA), survey.cadence / 1440
    return [Curve(times, one.astype(np.float64), errors, cadence) for one in flux]


def what_is_missing() -> str | None:
    """Say why there can be no engine, if so."""
    try:
        GpuEngine()
    except (ModuleNotFoundError, RuntimeError) as error:
        return str(error)
    return None


def make_reference() -> dict[str, np.ndarray]:
    """Return curves of all surveys and their spectra."""
    made = {}
    for name, survey in SURVEYS.items():
        times, flux = observed(survey)
        found = SurveyEngine(survey.step / 1440)(curves_of(survey, times, flux), survey.periods, FACTORS)
        made[f"{name}: times"], made[f"{name}: flux"] = times, flux
        made[f"{name}: periods"] = found[0].periods
        # Both are single precision.
        made[f"{name}: power"] = np.array([one.power for one in found], np.float32)
        made[f"{name}: duration"] = np.array([one.duration for one in found], np.float32)
    return made


def unlike(found: Sequence[Spectrum], name: str, reference: dict[str, np.ndarray]) -> list[str]:
    """Say what of spectra is not that of the reference to the bit, curve after curve, again and again."""
    missed = []
    for part in ("power", "duration"):
        expected = reference[f"{name}: {part}"].astype(np.float64)
        wrong = [
            float(np.mean(getattr(one, part) != expected[number % len(expected)]))
            for number, one in enumerate(found)
        ]
        if any(wrong):
            missed.append(f"{name}: {part} unlike the CPU's in {max(wrong):.2%} of a spectrum")
    if any(one.periods.tobytes() != reference[f"{name}: periods"].tobytes() for one in found):
        missed.append(f"{name}: periods unlike the CPU's")
    return missed


def on_host(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what some work makes, and its microseconds."""
    started = time.monotonic()
    made = work()
    return made, 1e6 * (time.monotonic() - started)


def on_device(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what some work on the device makes, and its microseconds."""
    import torch

    begin, done = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    torch.cuda.synchronize()
    begin.record()
    made = work()
    done.record()
    done.synchronize()
    return made, 1e3 * begin.elapsed_time(done)


def measure(name: str, survey: Survey, reference: dict[str, np.ndarray]) -> list[str]:
    """Time a survey, print it, and return what was missed."""
    import torch

    different = curves_of(survey, reference[f"{name}: times"], reference[f"{name}: flux"])
    curves = [different[number % len(different)] for number in range(survey.stars)]
    engine = GpuEngine(survey.step / 1440)
    torch.cuda.reset_peak_memory_stats()
    found, first = on_host(lambda: engine(curves, survey.periods, FACTORS))
    memory = torch.cuda.max_memory_allocated() / 2**30
    print(
        f"\n{name}: {survey.stars} stars, {memory:.1f} GiB; first call, which compiles: {1e-6 * first:.1f} s"
    )
    rows: list[dict[str, float]] = []
    for _ in range(REPEATS):
        row = parts_of(engine, curves, survey)
        _, row[WHOLE] = on_host(lambda: engine(curves, survey.periods, FACTORS))
        rows.append(row)
    return unlike(found, name, reference) + report(name, survey, rows)


def parts_of(engine: GpuEngine, curves: Sequence[Curve], survey: Survey) -> dict[str, float]:
    """Do what the engine does, part by part: microseconds of each."""
    from astro_assets.transits.search.gpu_search import fetched, spectra

    step = max(survey.step, math.ceil(60 * survey.cadence) / 60) / 1440
    spent = dict.fromkeys((BIN, PACK, UP, SEARCH, DOWN, DEVICE), 0.0)
    grids, spent[BIN] = on_host(lambda: [gridded(curve, step) for curve in curves])
    density = engine.density or density_of(grids[0])
    plan = plan_search(grids[0].residual.size, step, survey.periods, FACTORS, density)
    for tiles in tiles_of_batches(plan, grids, engine.star_bytes):
        batch, packing = on_host(partial(batch_of, grids, tiles))
        batch, up = on_device(partial(batch.to, "cuda"))
        found, search = on_device(partial(spectra, plan, batch, engine.table_bytes))
        _, down = on_device(partial(fetched, found))
        for part, some in ((PACK, packing), (UP, up), (SEARCH, search), (DOWN, down)):
            spent[part] += some
            spent[DEVICE] += some if part != PACK else 0.0
    return spent


def report(name: str, survey: Survey, rows: Sequence[dict[str, float]]) -> list[str]:
    """Print microseconds a curve; return what takes longer than wanted."""
    missed = []
    print(f"{'':32}{'us a curve':>12}   {'range':22}wanted")
    for part in rows[0]:
        spent = [row[part] / survey.stars for row in rows]
        wanted = survey.wanted if part == DEVICE else None
        print(
            f"{part:32}{statistics.median(spent):12.2f}   {f'{min(spent):.2f}-{max(spent):.2f}':22}"
            f"{'' if wanted is None else f'{wanted:g}'}",
            flush=True,
        )
        if wanted is not None and statistics.median(spent) > wanted:
            missed.append(f"{name}: {part}")
    return missed


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--reference", type=Path, help="curves and their spectra; made where it is not there")
    path = parser.parse_args().reference
    missing = what_is_missing()
    if missing and path is None:
        print(f"bench_gpu: {missing}")
        return
    if path is not None and path.exists():
        with np.load(path, allow_pickle=False) as file:  # noqa: TID251  arrays alone
            reference = dict(file)
    else:
        reference = make_reference()
        if path is not None:
            np.savez_compressed(path, **reference)
    if missing:
        print(f"bench_gpu: {path} is made; {missing}")
        return
    import torch

    print(f"{torch.cuda.get_device_name()}, PyTorch {torch.__version__}")
    missed = []
    for name, survey in SURVEYS.items():
        missed += measure(name, survey, reference)
    end(missed)


if __name__ == "__main__":
    main()
