"""The tables of models: what was fitted, on which rows, which version each alias names, what tracks it."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Table

_MODEL: Final = Column("model", "string", "Name of the model, wing/model.")
_VERSION: Final = Column("model_version", "string", "First 16 digits of the training recipe's hash.")
TRAINED_ON: Final = (
    Column("trained_on_real", "int64", "Training rows of real origin."),
    Column("trained_on_injected", "int64", "Training rows with an injected signal."),
    Column("trained_on_simulated", "int64", "Training rows of simulated origin."),
)

MODELS: Final = Table(
    "ledger/models",
    Schema(
        (
            _MODEL,
            _VERSION,
            Column(
                "training_recipe",
                "string",
                "Hash of the Merkle root of the training rows, the code and the configuration.",
            ),
            Column("training_root", "string", "Merkle root of the sorted hashes of the training rows."),
            Column("artefact", "file", "The fitted model: the sha256 of a file that is not a pickle."),
            *TRAINED_ON,
            Column("config", "string", "Configuration of the fit, JSON.", context=True),
            Column("metrics", "string", "What the fit reported of itself, JSON.", context=True),
            Column(
                "circumstances",
                "string",
                "Checkout, machine and threads of the fit, JSON; none of versions of before.",
                context=True,
                nullable=True,
            ),
        )
    ),
)
MODEL_MEMBERS: Final = Table(
    "ledger/model_members",
    Schema(
        (
            _MODEL,
            _VERSION,
            Column("role", "string", "Role of the row in the training."),
            Column("member_table", "string", "Table of the row."),
            Column("member_key", "string", "Key of the row's unit."),
            Column("member_row_hash", "string", "Hash of the row as it was trained on."),
        )
    ),
)
PROMOTED_MODELS: Final = Table(
    "ledger/promoted_models",
    Schema(
        (
            Column("alias", "string", "Model and alias, for example transits/transit_scorer:champion."),
            _MODEL,
            _VERSION,
            Column("artefact", "file", "The fitted model."),
            *TRAINED_ON,
            Column("why", "string", "Why this version was promoted."),
        )
    ),
)
TRACKED_RUNS: Final = Table(
    "ledger/tracked_runs",
    Schema(
        (
            _MODEL,
            _VERSION,
            Column("tracker", "string", "Where the version is recorded besides: 'mlflow'."),
            Column("tracked_run", "string", "The tracker's id of the run."),
            Column("address", "string", "Address of the tracker then.", context=True),
        )
    ),
)
MODEL_AUDITS: Final = Table(
    "ledger/model_audits",
    Schema(
        (
            _MODEL,
            _VERSION,
            Column("audit", "file", "The audit, JSON: what `astro-assets audit --format json` prints."),
            Column("n_rows_trained_on", "int64", "Rows that the version was fitted on."),
            Column("n_stars", "int64", "Stars that they are of."),
            Column("n_files", "int64", "Files that they came from."),
            Column("n_labels", "int64", "Units that say what these stars are."),
            Column("n_changed_since", "int64", "Rows of them that have changed, or gone, since."),
            Column("n_test_reads", "int64", "Versions that were judged on the same stars in the same folds."),
            Column("n_checks_failed", "int64", "Checks that did not pass."),
            Column(
                "is_reproducible", "bool", "Whether it was fitted such that it can be rebuilt to the bit."
            ),
        )
    ),
)
MODEL_TABLES: Final = (MODELS, MODEL_MEMBERS, PROMOTED_MODELS, TRACKED_RUNS, MODEL_AUDITS)
