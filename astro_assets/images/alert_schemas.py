"""Columns of the tables of alerts: packets, filters and their decisions, examples and scores."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from astro_assets.images.alerts.features import FEATURES
from astro_assets.images.alerts.refusals import REASONS
from astro_assets.images.real_bogus.examples import ExampleSettings
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config

#: By the ends of names.
_UNITS: Final = {
    "_deg": "deg",
    "_arcsec": "arcsec",
    "_pixels": "pixel",
    "_days": "d",
    "mjd_utc": "d",
    "days_since_previous": "d",
    "days_since_limit": "d",
    "days_since_peak": "d",
    "exposure_s": "s",
    "_magnitude": "mag",
    "magnitude": "mag",
    "magnitude_err": "mag",
    "_mag": "mag",
    "_mag_day": "mag / d",
}


def _unit(name: str) -> str:
    """Return the unit that a name tells; counts of pixels have none."""
    if name.startswith("n_"):
        return ""
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")


_PACKET: Final = (
    Column("sha256", "file", "The raw file that the packet came in."),
    Column("position", "int32", "Of the packet among all that was read of its file, from 0."),
)
_OF_ALERT: Final = (
    Column("alert_id", "string", "The survey's identifier of this detection.", nullable=True),
    Column("object_id", "string", "The survey's of the place; the oldest packets have none.", nullable=True),
)
_PACKET_TOLD: Final = (Column("sha256", "string", "SHA-256 of the packet's file."), _PACKET[1], *_OF_ALERT)
_OWN_SCORES: Final = (
    Column("real_bogus", "float64", "Of the packet, by ZTF's random forest: no label.", nullable=True),
    Column("deep_real_bogus", "float64", "Of the packet, by the survey's network: no label.", nullable=True),
)

ALERTS_SCHEMA: Final = Schema(
    (
        _PACKET[0],
        Column("file_sha256", "string", "Its SHA-256."),
        _PACKET[1],
        Column("record", "int32", "Number of the packet in its file, as the file counts."),
        Column("n_records", "int32", "1; of refused ones how many were lost, 0 where nothing tells."),
        Column("status", "string", "'accepted', or 'refused' where a packet cannot be read."),
        Column("reason_code", "string", f"Why, as one of {', '.join(REASONS)}.", nullable=True),
        Column("refusal_reason", "string", "Why it was refused, for people.", nullable=True),
        Column("survey", "string", "ZTF, PGIR, DECam; of others the name of their schema.", nullable=True),
        Column("schema_name", "string", "Full name of the record; 'fink' of that broker.", nullable=True),
        Column("schema_version", "string", "As the packet or its file says; may be empty.", nullable=True),
        Column("is_schema_known", "bool", "Whether packets of this version were seen.", nullable=True),
        *_OF_ALERT,
        Column("filter_name", "string", "Of the exposure.", nullable=True),
        Column("solar_system_name", "string", "Of the nearest known body.", nullable=True),
        Column(
            "has_stamps", "bool", "Whether it has all three stamps, with headers of stamps.", nullable=True
        ),
        Column("missing_stamps", "list[string]", "Those that it does not have.", nullable=True),
        Column("is_truncated", "bool", "Whether they are cut off and filled up with NaN.", nullable=True),
        Column("stamp_fault", "string", "Why its stamps make no triplet.", nullable=True),
        Column("feature_set", "int32", "Counts up when a feature is worked out anew.", nullable=True),
        *(
            Column(one.name, "float64", f"{one.description}.", _unit(one.name), nullable=True)
            for one in FEATURES
        ),
    )
)

ALERT_FILTERS_SCHEMA: Final = Schema(
    (
        Column("alert_filter", "string", "Name of the filter."),
        Column("filter_version", "string", "Hash of all that it says: names it on its decisions."),
        Column("number", "int32", "Counts the versions of this name, from 1."),
        Column("status", "string", "'applied', or 'replaced' by a later version or taken back."),
        Column("filter", "string", "What it says, as canonical JSON."),
        Column("score_name", "string", "Name of a model's score in its conditions.", nullable=True),
        Column("model", "string", "Which model that is.", nullable=True),
        Column("model_version", "string", "And which version of it.", nullable=True),
        Column("artefact", "file", "The file of that version.", nullable=True),
    )
)

ALERT_DECISIONS_SCHEMA: Final = Schema(
    (
        *_PACKET_TOLD,
        Column("alert_filter", "string", "Name of the filter."),
        Column("filter_version", "string", "Version of the filter."),
        Column("model_versions", "list[string]", "Versions of the models that it asks."),
        Column("verdict", "string", "'accepted', 'rejected'; 'refused' if the packet cannot be read."),
        Column("rejected_by", "string", "The first condition that it does not fulfil; empty if accepted."),
        Column("value", "float64", "Of that condition's feature, where it is one and known.", nullable=True),
    )
)

REAL_BOGUS_EXAMPLES_SCHEMA: Final = Schema(
    (
        Column("object_id", "string", "The survey's object whose triplet is the background."),
        Column("sha256", "file", "The raw file of the packet."),
        Column("position", "int32", "Of the packet in its file."),
        Column("alert_id", "string", "The packet whose own source is taken out."),
        Column("fwhm_pixels", "float64", "Of the packet's source.", "pixel", nullable=True),
        Column("is_positive", "float64", "Whether it brightened.", nullable=True),
        Column("number", "int32", "Counts the examples made of this packet, from 0."),
        Column("kind", "string", "'real' for a source that is put in, else which artefact is."),
        Column("moved_share", "float64", "Chance to be made away from where the packet's source was."),
        Column("seed", "int64", "Of all that is drawn."),
    )
)

REAL_BOGUS_SCORES_SCHEMA: Final = Schema(
    (
        *_PACKET_TOLD,
        Column("survey", "string", "Of the packet."),
        Column(
            "score",
            "float64",
            "Probability of being real, at equal numbers of real and bogus, by a classifier that was trained "
            "on injected examples.",
            nullable=True,
        ),
        Column("why_none", "string", "Why there is no score.", nullable=True),
        Column("is_truncated", "bool", "Whether the stamps were filled up.", nullable=True),
        *_OWN_SCORES,
        Column("model_version", "string", "Version of the classifier."),
        Column("trained_on_real", "int64", "Real rows that it was trained on."),
        Column("trained_on_injected", "int64", "Injected ones: examples made of real triplets."),
        Column("trained_on_simulated", "int64", "Simulated ones."),
    )
)


class AlertsConfig(Config):
    """Settings of ``images/alerts``."""

    most_packets: int = Field(
        50_000, ge=1, le=200_000, description="Packets read of one file; what is beyond is refused."
    )


class RealBogusExamplesConfig(ExampleSettings, Config):
    """Settings of ``images/real_bogus_examples``."""
