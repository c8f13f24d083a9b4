"""A drop of 20 files: of three stars that are new and two that are known, with the usual mishaps.

Only files are made here; what must become of them is in the tests.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from astro_assets_tests.observations.made_files import CADENCE_S, START, light_curve_file
from astro_assets_tests.orchestration import homes

KNOWN = (200, 201)
NEW = (202, 203, 204)
#: Quarters of a star: days from the first to the next, and cadences of each.
_APART_D = 25.0
_N = 1000


def quarter_file(path: Path, number: int, quarter: int, *, version: int = 1) -> Path:
    """Write one quarter of a star with transits as a version of the pipeline made it."""
    rng = np.random.default_rng((number, quarter))
    time = START["Kepler"] + _APART_D * quarter + np.arange(_N) * CADENCE_S["Kepler"] / 86400
    flux = 2000 * (1 + 2e-4 * rng.standard_normal(_N))
    # Most of the noise is the star's photons, the same in all versions.
    flux += 0.01 * version * np.random.default_rng(version).standard_normal(_N)
    flux[((time - 1501) % homes.period_of(number)) < 0.15] *= 1 - homes.depth_of(number)
    identity = {
        "KEPLERID": number,
        "OBJECT": f"KIC {number}",
        "QUARTER": quarter,
        "DATE": f"202{version}-01-02",
        "DATA_REL": 20 + version,
    }
    columns = {
        "TIME": time,
        "PDCSAP_FLUX": flux.astype("f4"),
        "PDCSAP_FLUX_ERR": np.full(_N, 0.4, "f4"),
    }
    days = {"TSTART": time[0], "TSTOP": time[-1]}
    return light_curve_file(path, "Kepler", primary=identity, table=days, columns=columns, n=_N)


def put_known_stars(folder: Path) -> None:
    """Write the files of the stars that are known before the drop."""
    for number in KNOWN:
        quarter_file(folder / f"kplr{number}-q1.fits", number, 1)


def make_drop(folder: Path) -> list[Path]:
    """Write the 20 files of the drop.

    Of them 13 are of new stars and 5 of known ones, one of these a newer processing of a known product; one
    is cut off, and one a copy of another under its own name.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [
        quarter_file(folder / f"kplr{number}-q{quarter}.fits", number, quarter)
        for number, n_quarters in zip(NEW, (5, 4, 4), strict=True)
        for quarter in range(1, n_quarters + 1)
    ]
    files += [
        quarter_file(folder / f"kplr{number}-q{quarter}.fits", number, quarter)
        for number, quarter in ((200, 2), (200, 3), (201, 2), (201, 3))
    ]
    files.append(quarter_file(folder / "kplr200-q1-again.fits", 200, 1, version=2))
    cut = quarter_file(folder / "cut.fits", NEW[0], 6)
    cut.write_bytes(cut.read_bytes()[:7000])
    copy = Path(shutil.copyfile(files[0], folder / "copy.fits"))
    return [*files, cut, copy]
