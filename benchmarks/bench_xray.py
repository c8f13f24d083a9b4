"""X-ray light curves: what 16,384 simulated ones cost, and what real files cost to read and to keep.

Simulates one light curve after the other in one process, of all kinds in turn; reads all real X-ray files
that are recognised, those in archives included, alone and through the tables of a home.
The exit code is 1 if the simulation takes more than 5 minutes of processor time, if seeds do not give the
same bytes again, or if a real file that is recognised is refused.
Needs the real files (ASTRO_ASSETS_SHARED_DATA, or ../shared/data) for its second part.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tarfile
import tempfile
import time as clock
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.update import put_units, update
from astro_assets.observations.identification import identify
from astro_assets.observations.tables import OBSERVATION_FILES, RAW_FILES
from astro_assets.tables import TABLES
from astro_assets.xray.reading.files import read_file
from astro_assets.xray.refusals import XrayRefusedError
from astro_assets.xray.simulation.light_curves import simulate
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind
from astro_assets.xray.tables import XRAY_LIGHT_CURVES

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
N_SIMULATED = 16_384
MOST_SIMULATION_S = 300
#: Simulated again, for their bytes.
N_AGAIN = 200


def simulation(number: int) -> bool:
    """Print what simulated light curves cost and what they are; return whether that is as wanted."""
    settings, kinds = SimulationSettings(), list(SourceKind)
    n_bins, counts, hashes = [], [], []
    begun = clock.process_time()
    for seed in range(number):
        curve = simulate(settings, kinds[seed % len(kinds)], (2026, seed)).light_curve
        n_bins.append(curve.n_bins)
        counts.append(curve.counts.sum())
        if seed < N_AGAIN:
            hashes.append(hashlib.blake2b(curve.counts.tobytes() + curve.time_s.tobytes()).digest())
    took = clock.process_time() - begun
    again = [
        simulate(settings, kinds[seed % len(kinds)], (2026, seed)).light_curve for seed in range(N_AGAIN)
    ]
    same = hashes == [hashlib.blake2b(c.counts.tobytes() + c.time_s.tobytes()).digest() for c in again]
    print(
        f"{number} light curves simulated in {took:.1f} s of a processor, {1000 * took / number:.2f} ms each"
    )
    print(f"  seeds give the same bytes again: {same}")
    for name, values in (("bins", n_bins), ("counts in all bands", counts)):
        five = np.percentile(values, [0, 10, 50, 90, 100])
        print(f"  {name}: least, 10 %, median, 90 %, most: {', '.join(f'{one:.0f}' for one in five)}")
    print(f"  of 40 bins or more: {np.mean(np.array(n_bins) >= 40):.3f}")
    return same and took <= MOST_SIMULATION_S


def real_files(folder: Path) -> list[Path]:
    """Return all files of X-ray light curves, those of archives unpacked into a folder."""
    for name in ("PC", "WT"):
        with tarfile.open(SHARED / "xray_lc" / "swift_xrt_grb" / f"swift_xrt_{name}.tar.gz") as archive:
            archive.extractall(folder / name, filter="data")
    there = [*(SHARED / "xray_lc").rglob("*"), *folder.rglob("*")]
    return sorted(path for path in there if path.is_file() and path.suffixes[-2:] != [".tar", ".gz"])


def reading(paths: list[Path]) -> list[Path] | None:
    """Print what reading costs; return the files that are recognised, or None if one of them is refused."""
    begun = clock.process_time()
    products = {path: identify(path).product for path in paths}
    told = clock.process_time() - begun
    curves = [path for path, product in products.items() if product == "xray_light_curve"]
    forms: Counter[str] = Counter()
    refused = []
    begun = clock.process_time()
    for path in curves:
        try:
            forms[read_file(path).form] += 1
        except XrayRefusedError as error:
            refused.append(f"{path.name}: {error.code}: {error}")
    took = clock.process_time() - begun
    print(f"{len(paths)} files told apart in {told:.2f} s, {len(curves)} of X-rays read in {took:.2f} s")
    print(f"  {dict(forms)}; refused: {refused or 'none'}")
    return None if refused else curves


def through_the_tables(paths: list[Path], folder: Path) -> None:
    """Print what the same files cost from raw files to rows of ``xray_light_curves``."""
    ledger = open_ledger(open_home(folder / "home"), TABLES)
    units = {}
    for path in paths:
        key = sha256_of(path)
        ledger.objects.put_file(path, key)
        row = dict.fromkeys(RAW_FILES.schema.names) | {"sha256": key, "file_name": path.name}
        units[key] = [{**row, "size_bytes": path.stat().st_size}]
    put_units(ledger, RAW_FILES, units)
    for table in (OBSERVATION_FILES, XRAY_LIGHT_CURVES):
        begun = clock.process_time()
        update(ledger, table)
        took = clock.process_time() - begun
        print(f"  {table.name:30} {took:6.1f} s, {len(units) / took:6.0f} files a second, hashed and stored")


def main() -> int:
    """Print the tables; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--number", type=int, default=N_SIMULATED, help="light curves that are simulated")
    arguments = parser.parse_args()
    is_well = simulation(arguments.number)
    if not (SHARED / "xray_lc").is_dir():
        print(f"no real files at {SHARED}")
        return 0 if is_well else 1
    with tempfile.TemporaryDirectory() as name:
        curves = reading(real_files(Path(name) / "archives"))
        if curves is not None:
            through_the_tables(curves, Path(name))
    return 0 if is_well and curves is not None else 1


if __name__ == "__main__":
    sys.exit(main())
