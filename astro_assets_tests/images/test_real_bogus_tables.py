"""What the classifier is trained on follows from the packets: few of an object, each once, remade exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from astro_assets.images import real_bogus_tables as tables
from astro_assets.images.alert_schemas import RealBogusExamplesConfig
from astro_assets.images.alerts.rows import alert_rows
from astro_assets.images.real_bogus_models import REAL_BOGUS as MODEL
from astro_assets.images.real_bogus_models import model_card, replaces
from astro_assets.ledger.models import TooFewRowsError
from astro_assets.ledger.table import Config
from astro_assets_tests.images.alerts.made_packets import V1, avro, record


def alert(number: int, name: str = "ZTF1", **changes: Any) -> dict[str, Any]:
    row = {"sha256": "f", "file_sha256": "f", "position": number, "alert_id": str(number), "object_id": name}
    return row | {"has_stamps": True, "fwhm_pixels": 2.0, "is_positive": 1.0} | changes


def chosen(*rows: dict[str, Any]) -> list[tuple[str, str]]:
    found = tables.backgrounds_among(pl.DataFrame(rows, infer_schema_length=None))
    return sorted(found.select("object_id", "alert_id").iter_rows())


def test_a_few_packets_of_an_object_count_and_copies_once() -> None:
    copies = [alert(0), alert(0, file_sha256="g")]
    assert chosen(*copies, *(alert(i) for i in range(1, 6))) == [("ZTF1", "0"), ("ZTF1", "1"), ("ZTF1", "2")]


def test_packets_without_stamps_or_object_do_not_count() -> None:
    assert chosen(alert(0), alert(1, has_stamps=False), alert(2, has_stamps=None), alert(3, name=None)) == [
        ("ZTF1", "0")
    ]


def test_of_many_objects_some_are_drawn_by_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_PACKETS", 5)
    rows = [alert(i, f"ZTF{i}") for i in range(20)]
    few = chosen(*rows)
    assert len(few) == 5
    assert chosen(*reversed(rows)) == few
    assert [name for name, _ in few] != [f"ZTF{i}" for i in range(5)]


def test_recipes_are_of_the_packet_and_the_settings_alone() -> None:
    def made(*rows: dict[str, Any], **settings: Any) -> list[dict[str, Any]]:
        return tables.compute_real_bogus_examples(
            "ZTF1", {"alerts": rows}, RealBogusExamplesConfig(**settings)
        )

    one, both = made(alert(0)), made(alert(1), alert(0))
    assert both[: len(one)] == one
    assert len(one) == 16
    assert {row["origin"] for row in one} == {"injected"}
    assert [row["kind"] == "real" for row in one] == [True, False] * 8
    assert len({row["seed"] for row in both}) == 32
    assert {row["seed"] for row in made(alert(0), seed=1)}.isdisjoint(row["seed"] for row in one)
    assert len(made(alert(0), each=2)) == 4


def test_too_few_objects_train_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.avro"
    path.write_bytes(avro(V1, [record()]))
    rows = [
        {**row, "key": "ZTF1", "sha256": path}
        for row in tables.compute_real_bogus_examples(
            "ZTF1", {"alerts": [alert(0)]}, RealBogusExamplesConfig()
        )
    ]
    with pytest.raises(TooFewRowsError, match="triplets of 1 objects; at least 5 are needed"):
        tables.fit_real_bogus_classifier({"examples": rows}, tables.RealBogusConfig())


def test_without_a_promoted_classifier_nothing_is_scored(tmp_path: Path) -> None:
    path = tmp_path / "a.avro"
    path.write_bytes(avro(V1, [record()]))
    row = alert(0, sha256=path, survey="ZTF", real_bogus=0.5, deep_real_bogus=None)
    assert tables.compute_real_bogus_scores("f", {"alerts": [row], "classifier": []}, Config()) == []


FIGURES: dict[str, Any] = {
    "caveat": "Made.",
    "split": "s",
    "objects": {"training": 3},
    "n_parameters": 10,
    "bytes": 1000,
    "parity": 1e-6,
    "n_examples": 4,
    "n_real": 2,
    "average_precision": {"value": 0.9, "low": 0.8, "high": 1.0},
    "roc_auc": {"value": 0.9, "low": None, "high": None},
    "recall_at_precision_0.95": {"value": 0.9, "low": 0.8, "high": 1.0},
    "calibration_error": 0.01,
    "false_alarms": {"edge": 0.0},
    "recall_by_snr": [{"low": 5.0, "high": 7.0, "count": 2, "recall": None}],
    "energy": {"kwh": 0.002, "co2e_kg": 0.001, "seconds": 60.0, "method": "estimated"},
}


def test_what_speaks_against_a_version() -> None:
    assert not any(MODEL.problems(FIGURES).values())
    bad = FIGURES | {"parity": 1.0, "average_precision": {"value": 0.5, "low": 0.4, "high": 0.6}}
    found = MODEL.problems(bad)
    assert found["exported_graph_agrees"] == ["the exported graph differs by 1.0e+00"]
    assert found["injected_sources_found"][0].startswith("the average precision on held-out objects is 0.500")
    assert MODEL.problems(FIGURES | {"average_precision": {"value": None}})["injected_sources_found"]


def test_a_version_replaces_one_that_is_no_better_on_the_same_objects() -> None:
    worse = FIGURES | {"average_precision": {"value": 0.85, "low": 0.7, "high": 0.92}}
    assert replaces(FIGURES, worse) == "average precision 0.9000, 0.8500 before"
    assert replaces(worse, FIGURES) is None
    assert replaces(worse | {"split": "t"}, FIGURES) == "trained on other objects; average precision 0.8500"
    bad = {"average_precision": {"value": 0.6, "low": 0.5, "high": 0.7}, "split": "t"}
    assert replaces(FIGURES | bad, FIGURES) is None, "worse than other objects explain"


def test_the_card_says_that_there_are_no_labels() -> None:
    row = {"model": "images/real_bogus_classifier", "model_version": "ab", "trained_on_injected": 16}
    hashes = {"training_recipe": "r", "training_root": "m", "artefact": "a"}
    card = model_card(row | hashes | {"config": '{"network": {"epochs": 3}}'}, FIGURES)
    assert "There are no human labels of packets here" in card
    assert "agreement is no accuracy" in card
    assert "| roc auc | unknown |" in card
    assert "60 s, 2.00 Wh, 1.00 g CO2e (estimated)" in card
    assert "| average precision | 0.900 (0.800 to 1.000) |" in card


def test_a_stamp_that_is_damaged_behind_its_header_is_left_out(tmp_path: Path) -> None:
    whole, damaged = record(0), record(1)
    damaged["cutoutScience"]["stampData"] = damaged["cutoutScience"]["stampData"][:-40]
    path = tmp_path / "a.avro"
    path.write_bytes(avro(V1, [whole, damaged]))
    rows = list(alert_rows(path, 10))
    assert [row["has_stamps"] for row in rows] == [True, True], "only the header was looked at"
    told = [
        {"sha256": path, "position": at, "fwhm_pixels": 2.0, "is_positive": 1.0, "object_id": f"ZTF{at}"}
        for at in range(2)
    ]
    assert list(tables._sources(told)) == [(path, 0)]
