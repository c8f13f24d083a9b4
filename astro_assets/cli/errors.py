"""Errors that people can do something about: commands show them as one line, without a traceback."""

from __future__ import annotations

from typing import Final

from deltalake.exceptions import DeltaError

from astro_assets.archives.errors import ArchiveError
from astro_assets.catalogs.archive_tables import UnknownCatalogError
from astro_assets.catalogs.text_tables import CatalogError
from astro_assets.cli import explain_commands, history_commands, rebuild_commands
from astro_assets.images.alerts.deciding import MissingModelError
from astro_assets.images.alerts.filter_files import FilterFileError
from astro_assets.images.alerts.labels import LabelFileError
from astro_assets.learning.tracking import TrackingError
from astro_assets.ledger.as_of import AsOfError
from astro_assets.ledger.audit import UnknownVersionError
from astro_assets.ledger.bundles import BundleError
from astro_assets.ledger.circumstances import ThreadsError
from astro_assets.ledger.copies import CacheSizeError
from astro_assets.ledger.enactment import EnactmentError
from astro_assets.ledger.forgetting_log import BrokenHistoryError
from astro_assets.ledger.home import HomeError
from astro_assets.ledger.ledger import UnknownTableError
from astro_assets.ledger.lineage import UnknownUnitError
from astro_assets.ledger.model_names import UnknownModelError
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.records import RecordError
from astro_assets.ledger.signing import KeyFileError
from astro_assets.ledger.star_proofs import ProofError
from astro_assets.ledger.storage import StoreError
from astro_assets.ledger.store import DamagedTableError
from astro_assets.ledger.trained_models import SettingError
from astro_assets.ledger.worlds import LostHistoryError
from astro_assets.observations.cutouts import PlaceError
from astro_assets.observations.fetching import NothingWantedError
from astro_assets.observations.targets import TargetIdError
from astro_assets.orchestration.forgetting_journal import ForgettingError
from astro_assets.orchestration.inbox_state import InboxStateError
from astro_assets.orchestration.postgres import PostgresError
from astro_assets.orchestration.run_marks import BeingForgottenError, BusyError
from astro_assets.transits.completeness import UnknownTargetError
from astro_assets.transits.scorer.event_files import EventFileError
from astro_assets.transits.scorer.manifest import ScorerFileError
from astro_assets.xray.autoencoder.model_file import AutoencoderFileError

EXPECTED_ERRORS: Final = (
    HomeError,
    UnknownTableError,
    UnknownUnitError,
    TargetIdError,
    UnknownTargetError,
    CatalogError,
    UnknownCatalogError,
    ArchiveError,
    EventFileError,
    ScorerFileError,
    AutoencoderFileError,
    TrackingError,
    UnknownModelError,
    UnknownVersionError,
    BundleError,
    EnactmentError,
    LostHistoryError,
    RecordError,
    ThreadsError,
    rebuild_commands.NotReproducibleError,
    explain_commands.ExplainError,
    SettingError,
    history_commands.DurationError,
    AsOfError,
    ForgettingError,
    BrokenHistoryError,
    BeingForgottenError,
    BusyError,
    KeyFileError,
    ProofError,
    CorruptStoreError,
    DamagedTableError,
    InboxStateError,
    StoreError,
    CacheSizeError,
    PostgresError,
    NothingWantedError,
    PlaceError,
    FilterFileError,
    LabelFileError,
    MissingModelError,
    DeltaError,
    FileNotFoundError,
)
