"""Why a value changed: its difference shared out among what may have caused it, by making it again.

Of two worlds, as it was and as it is, every mixture of factors is brought about; what each factor makes of
the difference is its Shapley value. Nothing is guessed: what cannot be made again is said to be that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from astro_assets.ledger.shapley import shapley_values
from astro_assets.ledger.worlds import Applied, World

#: What may change a value, but for the environment.
FACTORS: Final = ("data", "labels", "code", "config", "seed")
ENVIRONMENT: Final = "environment"
NOT_EXECUTED: Final = "environment (not re-executed)"
UNEXPLAINED: Final = "not reproducible"
_SEED: Final = "seed"
#: What sums of doubles may be off by.
_ROUNDING: Final = 1e-12

#: Makes the value of a world; None where there is none in it.
ValueOf = Callable[[World], float | None]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a value changed.

    Attributes
    ----------
    before, after
        As stored; None where there was none, which counts as 0.
    parts
        By factor; they add up to the difference.
    differing
        What is not the same before and after, whether or not it matters.
    """

    before: float | None
    after: float | None
    parts: dict[str, float]
    differing: list[str]


def differing_factors(before: World, after: World, labels: Collection[str]) -> list[str]:
    """Name the factors in which two worlds differ, in the order of :data:`FACTORS`.

    Parameters
    ----------
    labels
        Names of the source tables that hold labels.
    """
    return [
        factor
        for factor in (*FACTORS, ENVIRONMENT)
        if mixed(before, after, frozenset({factor}), labels).digest != before.digest
    ]


def mixed(before: World, after: World, changed: frozenset[str], labels: Collection[str]) -> World:
    """Return a world in which these factors are as after, the others as before; likewise of its models."""
    data, code, config = (after if name in changed else before for name in ("data", "code", "config"))
    of_labels = after if "labels" in changed else before
    seed = after if _SEED in changed else before
    sources = {name: rows for name, rows in data.sources.items() if name not in labels}
    sources |= {name: rows for name, rows in of_labels.sources.items() if name in labels}
    return replace(
        before,
        sources=dict(sorted(sources.items())),
        configs=_seeded(config.configs, seed.configs),
        code=code.code,
        versions=code.versions,
        installed=(after if ENVIRONMENT in changed else before).installed,
        applied=dict(_mixed_models(before, after, changed, labels)),
        training=data.training,
        without=data.without,
        config=None if config.config is None else _seeded(config.config, seed.config or {}),
    )


def _mixed_models(
    before: World, after: World, changed: frozenset[str], labels: Collection[str]
) -> Iterator[tuple[str, Applied]]:
    # Which models a table applies is a matter of code; which one a fit goes on from, of when it was fitted.
    cause = "data" if before.is_model else "code"
    for alias, own in (after if cause in changed else before).applied.items():
        then, now = before.applied.get(alias, own), after.applied.get(alias, own)
        world = mixed(then.world, now.world, changed, labels)
        yield alias, replace(now if world.digest == now.world.digest else then, world=world)


def _seeded(settings: Any, seeds: Any) -> Any:
    """Return settings with the seeds of others, wherever both have one."""
    if not isinstance(settings, Mapping) or not isinstance(seeds, Mapping):
        return settings
    return {
        name: seeds[name] if name == _SEED and name in seeds else _seeded(value, seeds.get(name))
        for name, value in settings.items()
    }


def explain(
    before: World,
    after: World,
    stored: tuple[float | None, float | None],
    value_of: ValueOf,
    labels: Collection[str],
    *,
    here: Collection[str],
) -> Explanation:
    """Share the difference between two values of a row out among what may have caused it.

    Parameters
    ----------
    before, after
        What the value was made of.
    stored
        The value before and after, as stored.
    value_of
        Makes the value again; called once for each mixture.
    labels
        Names of the source tables that hold labels.
    here
        Hashes of the installed versions in which a world can be made. Where one of the two is not among them
        all is made with the other, or whatever there is, and what is left is told as not executed.
    """
    differing = differing_factors(before, after, labels)
    can_change = _installed_in(before) | _installed_in(after) <= set(here)
    factors = [name for name in differing if name != ENVIRONMENT or can_change]
    begin = before if can_change else replace(before, installed=_one_of(after.installed, here))

    def result(changed: frozenset[str]) -> float:
        world = mixed(begin, after, changed, labels)
        return value_of(world if can_change else _all_with(world, begin.installed)) or 0.0

    # Asked for once each: beginning and end are needed besides.
    known: dict[frozenset[str], float] = {}

    def remembered(changed: frozenset[str]) -> float:
        if changed not in known:
            known[changed] = result(changed)
        return known[changed]

    parts = shapley_values(factors, remembered)
    whole = (stored[1] or 0.0) - (stored[0] or 0.0)
    rest = whole - (remembered(frozenset(factors)) - remembered(frozenset()))
    if abs(rest) > _ROUNDING * max(1.0, abs(whole)):
        executed = ENVIRONMENT not in differing or can_change
        parts[UNEXPLAINED if executed else NOT_EXECUTED] = rest
    return Explanation(stored[0], stored[1], parts, differing)


def _one_of(wanted: str, there: Collection[str]) -> str:
    return wanted if wanted in there else next(iter(there))


def _installed_in(world: World) -> set[str]:
    return {world.installed}.union(*(_installed_in(of.world) for of in world.applied.values()))


def _all_with(world: World, installed: str) -> World:
    applied = {
        alias: replace(of, world=_all_with(of.world, installed)) for alias, of in world.applied.items()
    }
    return replace(world, installed=installed, applied=applied)
