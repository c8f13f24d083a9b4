"""Decisions on rows are those on packets, byte for byte; stamps are read only where a model is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from astro_assets.images.alerts.deciding import MissingModelError, decide
from astro_assets.images.alerts.filters import AlertFilter, AnyOf, Condition
from astro_assets.images.alerts.reading import read_alerts
from astro_assets.images.alerts.row_decisions import decisions_on
from astro_assets.images.alerts.rows import alert_rows
from astro_assets_tests.images.alerts.made_packets import SYNC, V1, avro, record

MODEL = "0" * 32
FILTERS = (
    AlertFilter(name="bright", conditions=(Condition(feature="magnitude", at_most=18.2),)),
    AlertFilter(
        name="any",
        bands=("g",),
        conditions=(
            AnyOf(
                any_of=(Condition(feature="real_bogus", at_least=0.9), Condition(feature="snr", at_least=20))
            ),
            Condition(feature="solar_system_arcsec", at_least=5, if_unknown="accept"),
        ),
    ),
    AlertFilter(
        name="scored",
        models={"score": MODEL},
        conditions=(Condition(feature="magnitude", at_most=18.6), Condition(feature="score", at_least=0.5)),
    ),
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    records = [record(i, magpsf=18.0 + i / 5, sigmapsf=0.02 * (i + 1), rb=0.8 + i / 20) for i in range(6)]
    content = bytearray(avro(V1, records))
    marks = [at for at in range(len(content)) if content[at : at + 16] == SYNC]
    content[marks[2] + 20 : marks[2] + 58] = b"\xff" * 38
    (tmp_path / "a.avro").write_bytes(content)
    return tmp_path / "a.avro"


class Counted:
    """Scores packets by whether they have stamps, and counts how often it is asked."""

    def __init__(self) -> None:
        self.n_asked = 0

    def __call__(self, packet: Any, features: Any) -> float:
        self.n_asked += 1
        return float(packet.stamps is not None and features["magnitude"] < 18.3)


def test_rows_are_decided_as_packets_are(path: Path) -> None:
    rows, model = list(alert_rows(path, 100)), Counted()
    ours = {one.name: b"" for one in FILTERS}
    for _, wanted, decided in decisions_on(rows, path, FILTERS, {MODEL: model}):
        ours[wanted.name] += decided.line()
    for wanted in FILTERS:
        packets = read_alerts(path, with_stamps=True)
        theirs = b"".join(one.line() for one in decide(packets, wanted, {MODEL: Counted()}))
        assert ours[wanted.name] == theirs, wanted.name
        assert b'"refused"' in theirs
    verdicts = {name: lines.count(b'"accepted"') for name, lines in ours.items()}
    assert verdicts["bright"] > 0
    assert verdicts["scored"] > 0
    assert 0 < model.n_asked < len(rows), "only where a condition before it does not reject"


def test_a_score_that_two_filters_ask_for_is_worked_out_once(path: Path) -> None:
    rows, model = list(alert_rows(path, 100)), Counted()
    twice = (FILTERS[2], FILTERS[2].model_copy(update={"name": "again"}))
    list(decisions_on(rows, path, twice, {MODEL: model}))
    once = Counted()
    list(decisions_on(rows, path, FILTERS[2:], {MODEL: once}))
    assert model.n_asked == once.n_asked > 0


def test_a_model_that_is_not_there_is_named(path: Path) -> None:
    with pytest.raises(MissingModelError, match="'scored' needs the models score"):
        list(decisions_on(list(alert_rows(path, 100)), path, FILTERS, {}))
