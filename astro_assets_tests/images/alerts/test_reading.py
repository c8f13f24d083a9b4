"""Every real file of packets reads, and is what it is known to be."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from astro_assets.images.alerts.errors import AlertFileError, StampError
from astro_assets.images.alerts.packets import Packet
from astro_assets.images.alerts.reading import read_alerts
from astro_assets.images.alerts.stamps import triplet_of

#: Folder, survey and schema; packets, those with whole stamps, with truncated ones, without any measurement.
KNOWN = {
    ("boom_decam", "DECam", "desirt.alert 0.1.0"): (1, 1, 0, 0),
    ("boom_ztf", "ZTF", "ztf.alert 4.02"): (9, 9, 0, 0),
    ("fink_parquet", "ZTF", "fink 3.3"): (175, 174, 1, 0),
    ("fink_parquet", "ZTF", "fink 4.02"): (115, 115, 0, 0),
    ("fink_parquet", "ZTF", "fink without version"): (4, 4, 0, 0),
    ("fink_sim_ztf", "ZTF", "ztf.alert 3.2"): (127, 124, 3, 0),
    ("kowalski_pgir", "PGIR", "pgir.alert 0.1"): (17, 17, 0, 0),
    ("kowalski_ztf", "ZTF", "ztf.alert 3.3"): (8, 8, 0, 0),
    ("kowalski_ztf", "ZTF", "ztf.alert 4.01"): (16, 16, 0, 0),
    ("ztf_schema_samples", "ZTF", "ztf.alert without version"): (3, 0, 0, 3),
    ("ztf_schema_samples", "ZTF", "ztf.alert 1.1"): (3, 0, 0, 3),
    ("ztf_schema_samples", "ZTF", "ztf.alert 1.7"): (2, 2, 0, 0),
    ("ztf_schema_samples", "ZTF", "ztf.alert 1.8"): (3, 1, 2, 0),
    ("ztf_schema_samples", "ZTF", "ztf.alert 2.0"): (4, 4, 0, 0),
    ("ztf_schema_samples", "ZTF", "ztf.alert 3.1"): (3, 2, 1, 0),
    ("ztf_schema_samples", "ZTF", "ztf.alert 3.2"): (1, 1, 0, 0),
    ("ztf_schema_samples", "ZTF", "ztf.alert 3.3"): (1, 1, 0, 0),
    ("ztf_schema_samples", "ZTF", "ztf.alert 3.5"): (2, 2, 0, 0),
}


@pytest.fixture(scope="module")
def packets(shared_data):
    files = sorted(path for path in (shared_data / "alerts").glob("*/*") if path.suffix != ".fits")
    return [(path.parent.name, packet) for path in files for packet in read_alerts(path, with_stamps=True)]


def test_every_real_packet_reads(packets):
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for folder, packet in packets:
        assert isinstance(packet, Packet), packet
        try:
            kind = "truncated" if triplet_of(packet).is_truncated else "whole"
        except StampError as error:
            kind = "picture" if "JPEG" in str(error) else str(error)
        counts[folder, packet.survey, str(packet.schema), kind] += 1
    found = {
        key: (sum(numbers), *numbers)
        for key in KNOWN
        if (numbers := tuple(counts[*key, kind] for kind in ("whole", "truncated", "picture")))
    }
    assert found == KNOWN
    assert sum(counts.values()) == 494


def test_values_are_those_of_their_packets(packets):
    """Some numbers of real packets, read by fastavro once."""
    of = {packet.alert_id: packet for _, packet in packets}
    ztf, pgir, decam = of["2752190655615010044"], of["114297926"], of["594654672667019652"]
    assert (ztf.object_id, ztf.band, ztf.values["is_positive"]) == ("ZTF19aaxrois", "g", 0)
    assert ztf.values["deep_real_bogus"] == np.float32(0.998123824596405)
    assert ztf.values["nearest_source_arcsec"] == np.float32(0.23220016062259674)
    assert ztf.values["mjd_utc"] == pytest.approx(60506.1906597, abs=1e-9)
    assert np.isnan(ztf.values["bright_gaia_distance_arcsec"])
    assert ztf.history.mjd_utc.size == 13
    assert (pgir.survey, pgir.band, pgir.history.mjd_utc.size) == ("PGIR", "J", 71)
    assert pgir.values["flux"] == 30531.16015625
    assert np.isnan(pgir.values["solar_system_arcsec"]), "-99 is no distance"
    assert (decam.band, decam.forced.flux.size, decam.values["is_positive"]) == ("r", 61, 1)
    assert decam.values["mjd_utc"] == 60801.19330491


def test_truncated_stamps_are_filled_up_beyond_the_detector(packets):
    """The place on the detector tells the side; the source is in the middle there."""
    found = {}
    for _, packet in packets:
        if packet.survey != "ZTF" or packet.schema.version in {"", "1.1"}:
            continue
        triplet = triplet_of(packet)
        if triplet.is_truncated:
            is_empty = np.isnan(triplet.images).all(axis=0)
            found[packet.alert_id] = (
                *(int(is_empty[:, column].all()) for column in (0, -1)),
                *(int(is_empty[row].all()) for row in (0, -1)),
            )
    assert found == {
        "1786253071415010003": (0, 1, 0, 0),
        "697252382115010005": (0, 1, 0, 1),  # its last row has NaN of its own
        "697252840615010009": (0, 1, 0, 0),
        "697252842615010004": (0, 1, 0, 0),
        "396522680015040001": (0, 0, 1, 0),
        "396522680015040002": (0, 0, 1, 0),
        "472263571115115014": (0, 1, 0, 0),
    }


def test_differences_are_positive_in_the_middle(packets):
    """Of those that faded too: the survey turns them over."""
    bright = []
    for _, packet in packets:
        if packet.survey == "ZTF" and packet.values["peak_snr"] > 8:
            try:
                difference = triplet_of(packet).images[2]
            except StampError:
                continue
            bright.append(np.nanmean(difference[29:34, 29:34]) > np.nanmedian(difference))
    assert len(bright) > 150
    assert np.mean(bright) > 0.97


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("no alerts at all")
    with pytest.raises(AlertFileError, match=r"notes\.txt holds no alerts"):
        list(read_alerts(path))
