"""Packets of alerts a second, decisions of a filter a second, and what the real/bogus classifier is worth.

Real packets of ZTF are written many times into one Avro file, and read on one core without and with their
stamps, and through the tables of a home. The classifier is trained on what is injected into all real
triplets, judged on injected examples of objects that were held out, and compared with the scores that packets
bring along, which are no labels.
`--pictures FOLDER` writes sheets of injected and real triplets, and of those where scores disagree most;
`--every N` takes one triplet of N, which trains on less.
The exit code is 1 if fewer than 2,000 packets a second are read without stamps, the average precision on
held-out objects is below 0.95, or training takes more than 5 minutes of processor time.
Needs the real packets (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
import tempfile
import time as clock
from collections import Counter
from pathlib import Path
from typing import Any

import fastavro
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.images.alert_filters import rows_with
from astro_assets.images.alert_tables import ALERT_DECISIONS, ALERT_FILTERS, ALERTS
from astro_assets.images.alerts.deciding import decide
from astro_assets.images.alerts.errors import Refusal, StampError
from astro_assets.images.alerts.filters import AlertFilter, AnyOf, Condition
from astro_assets.images.alerts.packets import Packet
from astro_assets.images.alerts.reading import read_alerts
from astro_assets.images.alerts.stamps import Triplet, triplet_of, triplet_of_arrays
from astro_assets.images.real_bogus.agreement import NO_LABELS, agreement, disagreements
from astro_assets.images.real_bogus.backgrounds import Source
from astro_assets.images.real_bogus.classifier import open_classifier
from astro_assets.images.real_bogus.examples import REAL, ExampleSettings, make_examples
from astro_assets.images.real_bogus.pictures import triplet_sheet
from astro_assets.images.real_bogus.settings import ClassifierSettings
from astro_assets.images.real_bogus.training import fit, folds_of
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.update import put_units, update
from astro_assets.observations.tables import OBSERVATION_FILES, RAW_FILES
from astro_assets.tables import TABLES

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
PACKETS = SHARED / "alerts"
BTSBOT = SHARED / "fits_images" / "btsbot_triplets" / "usage_triplets.npy"
LEAST_PACKETS_S = 2000
LEAST_PRECISION = 0.95
MOST_TRAINING_S = 300
SCORES = ("real_bogus", "deep_real_bogus")
#: Of the archive that is read again and again.
COPIES = 125
FILTER = AlertFilter(
    name="young extragalactic candidates",
    conditions=(
        Condition(feature="real_bogus", at_least=0.65, if_unknown="accept"),
        Condition(feature="is_positive", at_least=1),
        AnyOf(
            any_of=(
                Condition(feature="star_galaxy_score", at_most=0.5),
                Condition(feature="nearest_source_arcsec", at_least=2),
            )
        ),
        Condition(feature="solar_system_arcsec", at_least=5, if_unknown="accept"),
        Condition(feature="age_days", at_most=60),
    ),
)


def rates() -> float:
    """Print packets and decisions a second; return those read without stamps."""
    files = sorted((PACKETS / "kowalski_ztf").glob("2475*.avro"))
    records: list[Any] = []
    for path in files:
        with path.open("rb") as stream:
            reader = fastavro.reader(stream)
            schema = reader.writer_schema
            records += list(reader)
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "night.avro"
        with archive.open("wb") as stream:
            fastavro.writer(stream, schema, records * COPIES)
        next(iter(read_alerts(archive)))  # compiled or loaded now
        n = len(records) * COPIES
        size = archive.stat().st_size / n / 1e3
        print(f"reading {n} packets of ZTF schema 4.01, {size:.0f} kB each, one core")
        without = _rate(n, lambda: list(read_alerts(archive)))
        print(f"  without stamps {without:8.0f} packets/s")
        packed = _rate(n, lambda: sum(1 for _ in read_alerts(archive, with_stamps=True)))
        print(f"  stamps packed  {packed:8.0f} packets/s")
        decoded = _rate(
            n, lambda: sum(_is_decoded(one) for one in read_alerts(archive, with_stamps=True)), repeats=1
        )
        print(f"  stamps decoded {decoded:8.0f} packets/s")
        theirs = _rate(n, lambda: _read_by_fastavro(archive), repeats=1)
        print(f"  fastavro alone {theirs:8.0f} packets/s, nothing put into standard form")
        packets = list(read_alerts(archive))
        deciding = _rate(n, lambda: list(decide(packets, FILTER)))
        once, again = ([one.line() for one in decide(read_alerts(archive), FILTER)] for _ in range(2))
        verdict = "equal bytes" if once == again else "OTHER BYTES"
        print(f"  {len(FILTER.conditions)} conditions   {deciding:8.0f} decisions/s; replayed: {verdict}")
        through_the_tables(archive, n)
    return without


def through_the_tables(archive: Path, n: int) -> None:
    """Print packets a second from a file in a home to its rows, and from these to decisions, on one core."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(open_home(Path(folder) / "home"), TABLES)
        sha256 = sha256_of(archive)
        ledger.objects.put_file(archive, sha256)
        row = dict.fromkeys(RAW_FILES.schema.names) | {"sha256": sha256, "file_name": archive.name}
        put_units(ledger, RAW_FILES, {sha256: [{**row, "size_bytes": archive.stat().st_size}]})
        wanted = rows_with([], FILTER, [])
        put_units(ledger, ALERT_FILTERS, {FILTER.name: wanted})
        update(ledger, OBSERVATION_FILES)
        for table in (ALERTS, ALERT_DECISIONS):
            started = clock.process_time()
            update(ledger, table)
            seconds = clock.process_time() - started
            print(f"  {table.name:22} {n / seconds:8.0f} packets/s, hashed and stored")


def _read_by_fastavro(archive: Path) -> int:
    with archive.open("rb") as stream:
        return sum(1 for _ in fastavro.reader(stream))


def _rate(n: int, work: Any, repeats: int = 3) -> float:
    seconds = []
    for _ in range(repeats):
        started = clock.process_time()
        work()
        seconds.append(clock.process_time() - started)
    return n / min(seconds)


def _is_decoded(packet: Packet | Refusal) -> bool:
    return isinstance(packet, Packet) and triplet_of(packet).images.shape == (3, 63, 63)


def real_triplets(every: int) -> list[tuple[Packet, Triplet]]:
    """Read every real packet once; print what they are and which filter conditions they fail."""
    found: dict[str, tuple[Packet, Triplet]] = {}
    counts: Counter[str] = Counter()
    for path in sorted(PACKETS.glob("*/*")):
        if path.suffix == ".fits":
            continue
        for packet in read_alerts(path, with_stamps=True):
            if isinstance(packet, Refusal):
                counts["refused"] += 1
                continue
            counts["packets"] += 1
            try:
                triplet = triplet_of(packet)
            except StampError:
                counts["without measured stamps"] += 1
                continue
            counts["truncated"] += triplet.is_truncated
            if not triplet.missing:
                found.setdefault(packet.alert_id, (packet, triplet))
    print(f"\nreal packets: {dict(counts)}; {len(found)} different ones with three stamps")
    return list(found.values())[::every]


def classifier(triplets: list[tuple[Packet, Triplet]], pictures: Path | None) -> tuple[float, float]:
    """Train, judge, compare; return the average precision of held-out objects and the seconds of training."""
    sources = [
        Source(
            triplet.images,
            packet.values["fwhm_pixels"],
            packet.values["is_positive"] != 0,
            packet.object_id or packet.alert_id,
        )
        for packet, triplet in triplets
    ]
    settings = ClassifierSettings()
    started = clock.process_time()
    data, figures = fit(sources, settings)
    seconds = clock.process_time() - started
    _print_figures(figures, seconds)
    opened = open_classifier(data)
    images = np.stack([source.images for source in sources])
    started = clock.process_time()
    score = opened.score(images)
    print(f"  {1e3 * (clock.process_time() - started) / len(images):.1f} ms a triplet to score")
    groups = [source.group for source in sources]
    is_held_out = folds_of(groups, settings) == 0
    print(f"  {NO_LABELS}")
    for name in SCORES:
        other = np.array([packet.values[name] for packet, _ in triplets])
        _print_agreement(f"{name}, all", agreement(score, other, groups))
        rows = np.flatnonzero(is_held_out)
        _print_agreement(
            f"{name}, held-out objects", agreement(score[rows], other[rows], [groups[row] for row in rows])
        )
        if pictures is not None:
            _draw_disagreements(pictures, name, triplets, score, other)
    _print_agreement(
        "deep_real_bogus against real_bogus, for comparison",
        agreement(
            *(np.array([packet.values[name] for packet, _ in triplets]) for name in reversed(SCORES)),
            groups,
            threshold=0.65,
        ),
    )
    if BTSBOT.is_file():
        with BTSBOT.with_name("usage_candidates.csv").open(newline="") as stream:
            labels = np.array([row["label"] == "1" for row in csv.DictReader(stream)])
        with BTSBOT.open("rb") as stream:
            theirs = np.lib.format.read_array(stream, allow_pickle=False)
        known = opened.score(np.stack([triplet_of_arrays(one).images for one in theirs]))
        for label in (True, False):
            part = known[labels == label]
            print(
                f"  BTSbot's {len(part)} triplets of one object, {'a' if label else 'no'} bright transient: "
                f"{np.mean(part >= 0.5):.0%} called real, median {np.median(part):.2f}"
            )
    if pictures is not None:
        _draw_examples(pictures, sources)
    return figures["average_precision"]["value"], seconds


def _print_figures(figures: dict[str, Any], seconds: float) -> None:
    print(f"\nreal/bogus: {figures['caveat']}")
    print(
        f"  {figures['objects']} objects; {figures['n_parameters']} parameters, "
        f"file {figures['bytes'] / 1e3:.0f} kB, "
        f"trained in {seconds:.0f} s of one thread, graph differs by {figures['parity']:.0e}"
    )
    print(f"  {figures['n_examples']} injected examples of held-out objects, {figures['n_real']} real:")
    for name in ("average_precision", "roc_auc", "recall_at_precision_0.95"):
        one = figures[name]
        print(f"    {name:25} {one['value']:.3f} [{one['low']:.3f}, {one['high']:.3f}]")
    print(f"    {'calibration error':25} {figures['calibration_error']:.3f}")
    recalls = ", ".join(
        f"{one['low']:g}-{one['high']:g}: {one['recall']:.2f}" for one in figures["recall_by_snr"]
    )
    print(f"    recall at 0.5 by S/N      {recalls}")
    alarms = sorted(figures["false_alarms"].items(), key=lambda item: -item[1])
    print(f"    false alarms at 0.5       {', '.join(f'{kind} {share:.2f}' for kind, share in alarms)}")


def _print_agreement(name: str, found: dict[str, Any]) -> None:
    rho = found["spearman"]
    print(
        f"  {name}: n {found['n']}, Spearman {rho['value']:.2f} [{rho['low']:.2f}, {rho['high']:.2f}]; "
        f"both real {found['both_real']}, both bogus {found['both_bogus']}, "
        f"only here {found['only_real_here']}, "
        f"only there {found['only_real_there']}: {found['agreeing']:.0%} agree"
    )


def _draw_disagreements(
    folder: Path, name: str, triplets: list[tuple[Packet, Triplet]], score: Any, other: Any
) -> None:
    rows = disagreements(score, other, 40)
    titles = [f"{triplets[row][0].survey} ours {score[row]:.2f} theirs {other[row]:.2f}" for row in rows]
    images = np.stack([triplets[row][1].images for row in rows])
    (folder / f"disagreements_{name}.png").write_bytes(
        triplet_sheet(images, titles, f"packets whose rank by our score and by {name} differ most")
    )


def _draw_examples(folder: Path, sources: list[Source]) -> None:
    examples = make_examples(sources[:: max(1, len(sources) // 40)], ExampleSettings(each=3))
    real = np.flatnonzero(examples.is_real)[:40]
    titles = [f"S/N {examples.snr[row]:.1f}" for row in real]
    (folder / "injected_real.png").write_bytes(triplet_sheet(examples.images[real], titles, "injected"))
    kinds = sorted(set(examples.kinds) - {REAL})
    bogus = [row for kind in kinds for row in [i for i, one in enumerate(examples.kinds) if one == kind][:4]]
    (folder / "injected_bogus.png").write_bytes(
        triplet_sheet(examples.images[bogus], [examples.kinds[row] for row in bogus], "artefacts")
    )
    own = sources[:: max(1, len(sources) // 40)][:40]
    (folder / "packets.png").write_bytes(
        triplet_sheet(np.stack([one.images for one in own]), [one.group for one in own], "real packets")
    )


def main() -> int:
    """Measure and print; return 1 if something is less than it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, help="folder to write sheets of triplets to")
    parser.add_argument("--every", type=int, default=1, help="train on one triplet of so many")
    arguments = parser.parse_args()
    if not PACKETS.is_dir():
        print(f"bench_alerts: no real packets at {PACKETS}")
        return 0
    if arguments.pictures is not None:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
    packets_s = rates()
    precision, seconds = classifier(real_triplets(arguments.every), arguments.pictures)
    failures = [
        message
        for is_missed, message in (
            (packets_s < LEAST_PACKETS_S, f"{packets_s:.0f} packets/s, not {LEAST_PACKETS_S}"),
            (precision < LEAST_PRECISION, f"average precision {precision:.3f}, not {LEAST_PRECISION}"),
            (seconds > MOST_TRAINING_S, f"{seconds:.0f} s of training, not {MOST_TRAINING_S}"),
        )
        if is_missed
    ]
    print(f"\nbench_alerts: {'; '.join(failures) or 'as good as it must be'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
