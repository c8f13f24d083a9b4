"""The sensor that notices what archives have new for a home, and has it fetched.

Level-triggered: it compares what MAST lists with what the last run that succeeded was asked for. What is
really missing is found out by the run, file by file.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from astro_assets.archives.errors import ArchiveError
from astro_assets.archives.settings import MAST
from astro_assets.ledger.home import Home, HomeError
from astro_assets.observations.tables import ARCHIVE_PRODUCTS
from astro_assets.orchestration.dead_runs import end_dead_runs
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.runs import GIVEN, GOING_ON
from astro_assets.orchestration.table_assets import asset_key

if TYPE_CHECKING:
    from astro_assets.observations.mast_products import Wanted

#: Tag of the runs that the sensor asks for: what MAST listed.
LISTED_TAG: Final = "astro_assets/archive_listed"
_INTERVAL_S: Final = 60
#: After a failure, of the archive or of a run, and twice that after the next.
_PAUSE_S: Final = 600.0
_LONGEST_PAUSE_S: Final = 24 * 3600.0
#: More questions than this take longer than a sensor may: a run is asked for without a look.
_MOST_QUESTIONS: Final = 10
_Followed = Sequence[tuple["Wanted", int | None]]


@dataclass(slots=True)
class _State:
    """What the sensor remembers; lost, it looks again.

    Attributes
    ----------
    looked_at
        When MAST was asked last, in seconds since 1970.
    followed
        What was followed then: a hash.
    listed
        What MAST listed then: a hash; empty if it could not be asked.
    n_down
        How often in a row it could not.
    """

    looked_at: float = 0.0
    followed: str = ""
    listed: str = ""
    n_down: int = 0


def archive_sensor(home: Home, engine: Engine, job: str) -> dg.SensorDefinition:
    """Return the sensor of a home.

    Parameters
    ----------
    job
        The job that fetches what is followed.
    """

    @dg.sensor(
        name="mast_observations",
        job_name=job,
        minimum_interval_seconds=_INTERVAL_S,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Fetches light curves that are new at MAST, of the sectors and stars that "
        "`[observations.archive_products]` of the home's `config.toml` follows. Off unless switched on: "
        "nothing leaves this machine unless that is wanted. Where MAST does not answer, it waits longer each "
        "time; everything else goes on.",
    )
    def mast_observations(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        from astro_assets.observations.fetching import followed, settings_of

        end_dead_runs(context.instance, home)
        state = _remembered(context.cursor)
        try:
            wanted = followed(engine.ledger())
            hours = settings_of(home).hours_between
        except (HomeError, OSError) as error:
            return _skip(f"What is followed cannot be told: {error}", state)
        if not wanted:
            return _skip(
                f"Nothing is followed: say what in [observations.archive_products] of {home.config_file}, as "
                "sectors = [42] or follow_targets = true.",
                state,
            )
        if going_on := context.instance.get_run_records(
            dg.RunsFilter(job_name=job, statuses=GOING_ON), limit=1
        ):
            return _skip(f"In progress: the run {going_on[0].dagster_run.run_id}.", state)
        return _looked(context.instance, home, wanted, hours * 3600, state)

    return mast_observations


def _looked(
    instance: dg.DagsterInstance, home: Home, wanted: _Followed, every_s: float, state: _State
) -> dg.SensorResult:
    """Ask MAST if it is time for that, and request what follows from it."""
    now = time.time()
    digest = _digest([(asdict(one), limit) for one, limit in wanted])
    left = state.looked_at + _pause(state.n_down, every_s) - now
    if state.followed != digest or not 0 < left <= _pause(state.n_down, every_s):
        left = every_s
        try:
            state = _State(now, digest, _digest([digest, _seen(home, wanted, now, every_s)]))
        except ArchiveError as error:
            state = _State(now, digest, "", state.n_down + 1)
            return _skip(f"{error}. {_again(_pause(state.n_down, every_s))}", state)
    if not state.listed:
        return _skip(f"MAST did not answer. {_again(left)}", state)
    return _requested(instance, state, now, _again(left))


def _pause(n_failed: int, otherwise: float) -> float:
    """Return the pause after some failures in a row, in seconds."""
    return min(_PAUSE_S * 2 ** min(n_failed - 1, 20), _LONGEST_PAUSE_S) if n_failed else otherwise


def _seen(home: Home, wanted: _Followed, now: float, every_s: float) -> list[Any]:
    """Return what MAST lists of what is followed; where that is much, a new value each time it is due."""
    from astro_assets.archives.deadlines import within
    from astro_assets.archives.sessions import polite_session
    from astro_assets.observations.fetching import quick_settings
    from astro_assets.observations.mast_products import TARGETS_A_QUESTION, Mast

    if sum(max(1, ceil(len(one.targets) / TARGETS_A_QUESTION)) for one, _ in wanted) > _MOST_QUESTIONS:
        return [int(now // every_s)]
    settings = quick_settings(home)
    mast = Mast(polite_session(MAST, settings))
    # Each question has this time, and all of them together: a sensor that is cut off remembers nothing.
    with within(settings.patience_s):
        return [
            # The list of a sector has 20,000 rows, their number one.
            [asdict(row) for row in mast.observations(one)] if one.targets else mast.n_observations(one)
            for one, _ in wanted
        ]


def _requested(instance: dg.DagsterInstance, state: _State, now: float, again: str) -> dg.SensorResult:
    """Request a run for what is listed, unless one succeeded or the last failed shortly ago."""
    filters = dg.RunsFilter(tags={LISTED_TAG: state.listed}, statuses=GIVEN)
    records = instance.get_run_records(filters, order_by="update_timestamp")
    if any(record.dagster_run.is_success for record in records):
        return _skip(f"All that MAST lists of what is followed was fetched. {again}", state)
    if records:
        left = records[0].update_timestamp.timestamp() + _pause(len(records), 0.0) - now
        if left > 0:
            run = records[0].dagster_run.run_id
            return _skip(f"The run {run} did not fetch all; it is tried again in {_minutes(left)}.", state)
    request = dg.RunRequest(
        # The same until such a run has ended: however often it is asked for, it is one run.
        run_key=f"{state.listed}-{len(records)}",
        asset_selection=[asset_key(ARCHIVE_PRODUCTS)],
        tags={LISTED_TAG: state.listed},
    )
    return dg.SensorResult(run_requests=[request], cursor=json.dumps(asdict(state)))


def _skip(why: str, state: _State) -> dg.SensorResult:
    return dg.SensorResult(skip_reason=why, cursor=json.dumps(asdict(state)))


def _remembered(cursor: str | None) -> _State:
    try:
        return _State(**json.loads(cursor or "{}"))
    except (TypeError, ValueError):  # of an earlier version
        return _State()


def _digest(value: Any) -> str:
    return blake2b(json.dumps(value, default=str).encode(), digest_size=16).hexdigest()


def _again(seconds: float) -> str:
    return f"MAST is asked again in {_minutes(seconds)}."


def _minutes(seconds: float) -> str:
    return f"{max(1, round(seconds / 60)):,} min"
