"""What a computation costs in energy and greenhouse gas, measured by codecarbon without the network.

A number for a model card: a failure of the measurement is told in it and stops nothing.
"""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from codecarbon import OfflineEmissionsTracker

#: Carbon intensity of the world's electricity in g of CO2 equivalent a kWh (IEA 2019, Global Energy & CO2
#: Status Report), where the country is not known.
WORLD_AVERAGE: Final = 475.0


@dataclass(slots=True)
class Energy:
    """What was measured, known when the measurement ends.

    Attributes
    ----------
    kwh
        Energy of processor, graphics cards and memory; NaN where it was not measured.
    co2e_kg
        Kilograms of CO2 equivalent that making this electricity sets free; NaN likewise.
    seconds
        Wall time.
    method
        Whether the energy was measured or estimated, and by whose electricity; or why there is none.
    """

    kwh: float = math.nan
    co2e_kg: float = math.nan
    seconds: float = math.nan
    method: str = "the measurement has not ended"


@contextmanager
def measured_energy(country_iso_code: str | None = None) -> Iterator[Energy]:
    """Measure the energy of a block.

    Where Linux has RAPL counters the whole processor is measured; elsewhere its power is estimated from the
    load that this process makes. That of memory is always estimated, after codecarbon's methodology.

    Parameters
    ----------
    country_iso_code
        Three letters, whose mix of electricity to take; the world's average by default, and where there is no
        such country.

    Yields
    ------
    Energy
        Filled when the block ends, also by an error.
    """
    energy = Energy()
    start = time.perf_counter()
    tracker: OfflineEmissionsTracker | None = None
    try:
        tracker, electricity = _started(country_iso_code)
    except Exception as error:  # noqa: BLE001  a training is worth more than its bill
        energy.method = f"not measured: {error!r}"
    try:
        yield energy
    finally:
        energy.seconds = time.perf_counter() - start
        if tracker is not None:
            _fill(energy, tracker, electricity)


def _started(country_iso_code: str | None) -> tuple[OfflineEmissionsTracker, str]:
    from codecarbon import OfflineEmissionsTracker
    from codecarbon.input import DataSource

    logging.getLogger("codecarbon").setLevel(logging.CRITICAL)  # it talks before it heeds its own setting
    countries = DataSource().get_global_energy_mix_data()  # type: ignore[no-untyped-call]
    country = country_iso_code if country_iso_code in countries else None
    # All that would write or send is named, because a file in the user's home could set it otherwise.
    tracker = OfflineEmissionsTracker(
        country_iso_code=country,
        force_carbon_intensity_g_co2e_kwh=None if country else WORLD_AVERAGE,
        cloud_provider=None,
        electricitymaps_api_token=None,
        emissions_endpoint=None,
        output_methods=[],
        output_handlers=[],
        log_level="critical",
        tracking_mode="process",
        allow_multiple_runs=True,
    )
    tracker.start()
    return tracker, f"electricity of {country or 'the world'}"


def _fill(energy: Energy, tracker: OfflineEmissionsTracker, electricity: str) -> None:
    try:
        from codecarbon.core.cpu import is_rapl_available

        tracker.stop()
        found = tracker.final_emissions_data
        energy.kwh, energy.co2e_kg = float(found.energy_consumed), float(found.emissions)
        is_measured = sys.platform == "linux" and is_rapl_available()
        how = "measured by RAPL" if is_measured else "estimated from the processor's load"
        energy.method = f"{how}, {electricity}"
    except Exception as error:  # noqa: BLE001  as above
        energy.method = f"not measured: {error!r}"
