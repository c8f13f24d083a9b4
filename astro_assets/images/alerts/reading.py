"""Files of alerts, whatever they are, read packet by packet.

Which reader a file needs is decided here by its first bytes; what its bytes mean is up to the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from astro_assets.images.alerts import avro_container, parquet_reading
from astro_assets.images.alerts.avro_reading import avro_packets
from astro_assets.images.alerts.errors import AlertFileError, Refusal
from astro_assets.images.alerts.packets import Packet
from astro_assets.images.alerts.parquet_reading import parquet_packets


def read_alerts(path: Path, *, with_stamps: bool = False) -> Iterator[Packet | Refusal]:
    """Yield the packets of a file in its order, and what of it was refused and why.

    A block of an Avro file, or a few rows of a Parquet file, are in memory at a time. A damaged packet is
    refused, and the file goes on behind it.

    Parameters
    ----------
    path
        An Avro object container file of ZTF, PGIR or DECam, or a Parquet file of Fink. Files of other
        schemas are read as far as their fields are known.
    with_stamps
        Whether packets keep their stamps, as they are packed: `stamps.triplet_of` decodes them.

    Raises
    ------
    AlertFileError
        If the file as a whole cannot be read.
    """
    with path.open("rb") as stream:
        magic = stream.read(4)
        stream.seek(0)
        if magic == avro_container.MAGIC:
            yield from avro_packets(stream, path.name, with_stamps=with_stamps)
        elif magic == parquet_reading.MAGIC:
            yield from parquet_packets(stream, path.name, with_stamps=with_stamps)
        else:
            raise AlertFileError(f"{path.name} holds no alerts: it is neither Avro nor Parquet")


def packets_at(path: Path, positions: Iterable[int]) -> Iterator[tuple[int, Packet]]:
    """Yield packets of a file with their stamps by their position among all that `read_alerts` yields.

    Parameters
    ----------
    positions
        In rising order; what was refused there is left out.
    """
    wanted = iter(positions)
    position = next(wanted, None)
    for place, one in enumerate(read_alerts(path, with_stamps=True)):
        if position is None:
            return
        if place == position:
            if isinstance(one, Packet):
                yield place, one
            position = next(wanted, None)
