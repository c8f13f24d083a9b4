"""Catalogues are recognised by content, and the real ones are read as a person reads them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from astro_assets.catalogs.reading import Catalog, read_catalog
from astro_assets.catalogs.text_tables import CatalogError
from astro_assets_tests.catalogs.made_catalogs import (
    ALIAS_ROW,
    BINARY_ROW,
    KOI_ROW,
    PLANET_ROW,
    TOI_ROW,
    write,
)


def read(tmp_path: Path, *rows: dict[str, str], comments: str = "") -> Catalog:
    return read_catalog(write(tmp_path / "file.txt", *rows, comments=comments))


def entry(catalog: Catalog, name: str) -> dict[str, Any]:
    (row,) = (row for row in catalog.rows if row["entry"] == name)
    return {key: value for key, value in row.items() if value is not None}


@pytest.mark.parametrize(
    ("row", "name"),
    [
        (KOI_ROW, "koi"),
        (TOI_ROW, "toi"),
        (BINARY_ROW, "kepler_eb"),
        ({**{k: v for k, v in BINARY_ROW.items() if k != "KIC"}, "EPIC": "7"}, "k2_eb"),
        (PLANET_ROW, "planetary_systems"),
        (ALIAS_ROW, "aliases"),
    ],
)
def test_a_catalogue_is_known_by_its_columns(tmp_path: Path, row: dict[str, str], name: str) -> None:
    catalog = read(tmp_path, row)
    assert catalog.name == name
    assert {line["catalog"] for line in catalog.rows} == {name}


def test_an_object_of_interest(tmp_path: Path) -> None:
    row = entry(read(tmp_path, KOI_ROW), "K00072.01")
    assert row.pop("epoch_btjd") == pytest.approx(131.574858 - 2167, abs=1e-9)
    assert row == {
        "catalog": "koi", "entry": "K00072.01", "star": "KIC 11904151", "target_id": "KIC 11904151",
        "alias": "Kepler-10", "planet_name": "Kepler-10 b", "disposition": "confirmed_planet",
        "listed_disposition": "CONFIRMED", "period_days": 0.837491225, "period_uncertainty_days": 3e-7,
        "duration_hours": 1.796, "depth_ppm": 190.4, "is_not_transit_like": False, "line_number": 2,
    }  # fmt: skip


def test_a_binary(tmp_path: Path) -> None:
    row = entry(read(tmp_path, BINARY_ROW), "KIC 10419211")
    assert row["epoch_btjd"] == 54969.25 + 2400000 - 2457000
    assert row["epoch_system"] == "BJD-2400000"
    assert row["duration_hours"] == pytest.approx(24 * 0.01 * 11.5)
    assert (row["depth_ppm"], row["secondary_depth_ppm"], row["secondary_phase"]) == (2e4, 1e4, 0.4)
    assert row["disposition"] == "eclipsing_binary"
    assert not {"period_uncertainty_days", "morphology"} & row.keys(), "-1 means none"


def test_a_binary_whose_fit_or_epoch_failed(tmp_path: Path) -> None:
    bad = {**BINARY_ROW, "bjd0": "5500.426884", "pdepth": "-0.0115", "sdepth": "-1.0", "sep": "-1.0"}
    row = entry(read(tmp_path, bad), "KIC 10419211")
    absent = {"epoch_btjd", "epoch_system", "depth_ppm", "secondary_depth_ppm", "secondary_phase"}
    assert not absent & row.keys()
    assert row["period_days"] == 11.5


def test_several_pairs_of_one_star_are_numbered(tmp_path: Path) -> None:
    catalog = read(tmp_path, BINARY_ROW, {**BINARY_ROW, "period": "3"})
    assert [row["entry"] for row in catalog.rows] == ["KIC 10419211", "KIC 10419211 (2)"]


def test_a_publication_shows_as_people_read_it(tmp_path: Path) -> None:
    row = entry(read(tmp_path, PLANET_ROW), "K2-3 b")
    assert row["reference"] == "Diamond-Lowe et al. 2022"
    assert "target_id" not in row


@pytest.mark.parametrize(
    "word", ["q1_q8_koi", "q1_q16_koi", "q1_q17_dr24_koi", "q1_q17_dr25_koi", "q1_q17_dr25_sup_koi"]
)
def test_whichever_list_a_candidate_was_in_does_not_matter(tmp_path: Path, word: str) -> None:
    listed = f"Kepler Project Candidate ({word})"
    row = entry(read(tmp_path, {**PLANET_ROW, "soltype": listed}), "K2-3 b")
    assert (row["disposition"], row["listed_disposition"]) == ("candidate", listed)


def test_a_full_row_of_planetary_systems_has_its_transit_and_its_tic_number(tmp_path: Path) -> None:
    comments = (
        "# COLUMN pl_tranmid:     Transit Midpoint [days]\n"
        "# COLUMN pl_trandur:     Transit Duration [hours]\n"
        "# COLUMN pl_trandep:     Transit Depth [%]\n"
    )
    full = {
        **PLANET_ROW, "tic_id": "TIC 173103335", "pl_tranmid": "2456813.4177", "pl_tranmiderr1": "0.0011",
        "pl_tranmiderr2": "-0.0010", "pl_tranmidlim": "0", "pl_trandur": "2.6", "pl_trandep": "0.121",
        "pl_trandeplim": "0",
    }  # fmt: skip
    row = entry(read(tmp_path, full, comments=comments), "K2-3 b")
    assert row["epoch_btjd"] == pytest.approx(2456813.4177 - 2457000, abs=1e-6)
    assert row["epoch_uncertainty_days"] == pytest.approx(0.0011)
    assert (row["duration_hours"], row["depth_ppm"]) == (2.6, pytest.approx(1210.0))
    assert (row["star"], row["alias"], row["target_id"]) == ("K2-3", "K2-3", "TIC 173103335")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({**KOI_ROW, "koi_period": "x"}, "line 2, column koi_period: 'x' is no number"),
        ({**KOI_ROW, "koi_period": "0"}, "line 2, column koi_period: 0 is not positive"),
        ({**KOI_ROW, "kepid": ""}, "line 2, column kepid: there is no value"),
        ({**KOI_ROW, "koi_disposition": "MAYBE"}, "line 2, column koi_disposition: 'MAYBE' is none of CONF"),
        ({"kepid": "1", "a": "2"}, "this is none of koi, dr24_tce"),
    ],
)
def test_a_bad_file_is_refused_with_line_and_column(
    tmp_path: Path, row: dict[str, str], complaint: str
) -> None:
    with pytest.raises(CatalogError, match=complaint):
        read(tmp_path, row)


def test_an_entry_listed_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match=r"line 3: K00072.01 is in line 2 already"):
        read(tmp_path, KOI_ROW, KOI_ROW)


def test_a_column_in_another_unit_is_refused(tmp_path: Path) -> None:
    comments = "# COLUMN koi_time0bk:    Transit Epoch [BJD]\n"
    with pytest.raises(CatalogError, match=r"column koi_time0bk is in \[BJD\], not in \[BKJD\]"):
        read(tmp_path, KOI_ROW, comments=comments)


def test_no_word_of_the_vetters_is_unknown(tmp_path: Path) -> None:
    row = entry(read(tmp_path, {**TOI_ROW, "tfopwg_disp": ""}), "TOI-700.01")
    assert row["disposition"] == "unknown"
    assert "listed_disposition" not in row


#: Read off the files by hand: entries, stars, dispositions.
COUNTS = {
    "koi_cumulative.csv": (
        9564,
        8214,
        {"confirmed_planet": 2746, "candidate": 1979, "false_positive": 4839},
    ),
    "toi.csv": (
        7703,
        7408,
        {"confirmed_planet": 1267, "candidate": 5141, "false_positive": 1197, "false_alarm": 98},
    ),
    "kepler_q1q17_dr24_tce.csv": (
        20367,
        12669,
        {"candidate": 3600, "false_positive": 9596, "false_alarm": 2541, "unknown": 4630},
    ),
    "kepler_eb_catalog_2016.csv": (2875, 2862, {"eclipsing_binary": 2875}),
    "k2_eb_catalog_2016.csv": (665, 665, {"eclipsing_binary": 665}),
    "planetary_systems_k2.csv": (2112, 401, {"confirmed_planet": 1269, "candidate": 843}),
}


@pytest.mark.parametrize("name", COUNTS)
def test_every_line_of_the_real_catalogues_is_read(shared_data: Path, name: str) -> None:
    catalog = read_catalog(shared_data / "catalogs" / name)
    n_entries, n_stars, dispositions = COUNTS[name]
    assert len({row["entry"] for row in catalog.rows}) == len(catalog.rows) == n_entries
    assert len({row["star"] for row in catalog.rows}) == n_stars
    assert Counter(row["disposition"] for row in catalog.rows) == dispositions


@pytest.mark.parametrize(
    ("name", "where", "expected"),
    [
        (
            "koi_cumulative.csv", "K00072.01",
            {"star": "KIC 11904151", "planet_name": "Kepler-10 b", "period_days": 0.837491225,
             "period_uncertainty_days": 3.03e-7, "epoch_btjd": 131.574858 - 2167,
             "epoch_uncertainty_days": 2.82e-4, "duration_hours": 1.796, "depth_ppm": 190.4,
             "magnitude": 10.961},
        ),
        (
            "kepler_q1q17_dr24_tce.csv", "011904151-02",
            {"star": "KIC 11904151", "period_days": 0.837479, "epoch_btjd": 131.583 - 2167,
             "duration_hours": 1.544, "depth_ppm": 12.53, "snr": 11.42, "listed_disposition": "PC"},
        ),
        (
            "toi.csv", "TOI-700.02",
            {"star": "TIC 150428135", "alias": "TOI-700", "period_days": 37.4236838,
             "period_uncertainty_days": 1.495e-4, "epoch_btjd": 1330.486155, "duration_hours": 3.3650101,
             "depth_ppm": 737.5519387, "listed_disposition": "CP", "ra_deg": 97.095717},
        ),
        (
            "toi.csv", "TOI-185.01",
            {"star": "TIC 100100827", "period_days": 0.9414525, "epoch_btjd": 3205.353322,
             "duration_hours": 2.05, "depth_ppm": 11445.0, "magnitude": 8.8287, "listed_disposition": "KP"},
        ),
        (
            "kepler_eb_catalog_2016.csv", "KIC 10419211",
            {"period_days": 11.5214272, "epoch_btjd": 136.275098 - 2167, "depth_ppm": 17200.0},
        ),
        (
            "k2_eb_catalog_2016.csv", "EPIC 211931594",
            {"period_days": 0.1600538, "epoch_btjd": 142.54802, "depth_ppm": 323000.0,
             "duration_hours": 0.1822 * 0.1600538 * 24, "secondary_depth_ppm": None, "epoch_system": "BJD"},
        ),
        (
            "k2_eb_catalog_2016.csv", "EPIC 201927024",
            {"epoch_btjd": 1977.017991 - 2167, "epoch_system": "BKJD"},
        ),
        (
            "planetary_systems_k2.csv", "BD+20 594 b",
            {"star": "BD+20 594", "period_days": 41.688644, "period_uncertainty_days": 3.419e-3,
             "reference": "Mayo et al. 2018", "planet_radius_earth": 2.35545351, "is_default": False},
        ),
    ],
)  # fmt: skip
def test_golden_rows(shared_data: Path, name: str, where: str, expected: dict[str, Any]) -> None:
    catalog = read_catalog(shared_data / "catalogs" / name)
    (row,) = (row for row in catalog.rows if row["entry"] == where)
    for column, value in expected.items():
        is_number = isinstance(value, float)
        assert row[column] == (pytest.approx(value, rel=1e-12, abs=1e-9) if is_number else value), column


def test_epochs_that_are_no_dates_are_left_out(shared_data: Path) -> None:
    found = {}
    for name in ("kepler_eb_catalog_2016.csv", "k2_eb_catalog_2016.csv"):
        rows = read_catalog(shared_data / "catalogs" / name).rows
        found[name] = sum(row["epoch_btjd"] is None for row in rows)
        known = [row["epoch_btjd"] for row in rows if row["epoch_btjd"] is not None]
        assert -2652 < min(known) < max(known) < 300, "from 2007, before Kepler, to 2015"
    assert found == {"kepler_eb_catalog_2016.csv": 2, "k2_eb_catalog_2016.csv": 1}


def test_catalogues_of_one_star_agree_on_its_time(shared_data: Path) -> None:
    """Two catalogues of other origin and time system put the same transits into the same hour."""
    koi = {row["star"]: row for row in read_catalog(shared_data / "catalogs" / "koi_cumulative.csv").rows}
    binaries = read_catalog(shared_data / "catalogs" / "kepler_eb_catalog_2016.csv").rows
    offsets = []
    for row in binaries:
        other = koi.get(row["star"])
        if other and row["epoch_btjd"] and abs(row["period_days"] / other["period_days"] - 1) < 1e-5:
            cycles = (row["epoch_btjd"] - other["epoch_btjd"]) / row["period_days"]
            offsets.append(abs(cycles - round(cycles)) * row["period_days"] * 24)
    assert len(offsets) > 300
    assert sorted(offsets)[len(offsets) // 2] < 0.5
