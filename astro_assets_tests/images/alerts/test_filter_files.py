"""Filters as people write them: TOML and JSON say the same, and what is wrong is named."""

from __future__ import annotations

import json
import tomllib

import pytest

from astro_assets.images.alerts.filter_files import MOST_BYTES, FilterFileError, filter_file_of

TOML = b"""
name = "young"
bands = ["g"]
[models]
score = "real_bogus_classifier@2f"
[[conditions]]
feature = "age_days"
at_most = 60
[[conditions]]
any_of = [{feature = "score", at_least = 0.5}, {feature = "real_bogus", at_least = 0.9}]
"""


def test_toml_and_json_say_the_same() -> None:
    one = filter_file_of(TOML, "a.toml")
    other = filter_file_of(json.dumps(tomllib.loads(TOML.decode())).encode(), "a.json")
    hashes = {"score": "1" * 32}
    assert one.filter_with(hashes).version == other.filter_with(hashes).version
    assert one.models == {"score": "real_bogus_classifier@2f"}
    assert one.filter_with(hashes).models == hashes
    assert one.filter_with({"score": "2" * 32}).version != one.filter_with(hashes).version


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"name = ", "a is no TOML"),
        (b"{", "a is no JSON"),
        (b"\xff\xfe", "a is no TOML"),
        (b'name = "x"', "a: conditions: Field required"),
        (b'name = "x"\nmodels = 3\nconditions = []', "a: models are names of scores with names of models"),
        (b'name = "x"\n[[conditions]]\nfeature = "no"\nat_most = 1', "a: Value error, no such features: no"),
        (b'name = "x"\n[[conditions]]\nfeature = "snr"', "the condition on snr has no bound"),
        (b'name = "x"\nextra = 1\nconditions = []', "a: extra: Extra inputs are not permitted"),
        (b"#" * (MOST_BYTES + 1), "are allowed for a filter"),
        (b'{"a":' * 100_000, "a is no JSON"),
    ],
)
def test_what_is_no_filter_is_named_in_a_line(data: bytes, said: str) -> None:
    with pytest.raises(FilterFileError) as caught:
        filter_file_of(data, "a")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
