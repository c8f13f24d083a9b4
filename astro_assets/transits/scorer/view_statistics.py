"""Measures of folded views for models that do not look at pictures.

All are of views in units of the depth, so that they are of shape and noise, not of size.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import MAD_TO_SIGMA
from astro_assets.transits.scorer.examples import SCALARS, Examples, Floats32

_LOW, _HIGH = -1.5, 3.0
#: Bins about the middle of a local view: from its core to the whole transit and beyond.
_WIDTHS: Final = (5, 9, 15, 21, 31, 41)
_N_FOURIER: Final = 8
#: What stands for a missing number: smaller than any that is measured, so that trees can tell.
MISSING: Final = -1000.0


def design_matrix(examples: Examples) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Describe events by numbers: the measures of their views, and their scalars.

    Returns
    -------
    matrix
        Shape (n, k), :data:`MISSING` where a number is.
    names
        Of its columns.
    """
    measures = view_statistics(examples.views)
    names = (*measures, *SCALARS)
    matrix = np.column_stack([*measures.values(), examples.scalars]).astype(np.float32)
    return np.where(np.isfinite(matrix), matrix, np.float32(MISSING)), names


def view_measures(examples: Examples) -> NDArray[np.float64]:
    """Return the measures of views alone, shape (n, k), NaN where a number is missing."""
    return np.column_stack([*view_statistics(examples.views).values()])


def view_statistics(views: Mapping[str, Floats32]) -> dict[str, NDArray[np.float64]]:
    """Measure the views of events, each of shape (n, bins); NaN where a view is missing.

    Empty bins count as the flux beside the transit.
    """
    some = {name: _filled(values) for name, values in views.items()}
    measures = {
        **_of_local(some["local"]),
        **_of_global(some["global"]),
        **_of_both_phases(some["secondary"], some["primary"], some["local"]),
        **_of_shifted(some["shifted"]),
        **_of_odd_and_even(some["odd"], some["even"]),
    }
    return {name: np.asarray(values, dtype=np.float64) for name, values in measures.items()}


def _filled(view: Floats32) -> NDArray[np.float64]:
    missing = np.isnan(view).all(axis=1)
    filled: NDArray[np.float64] = np.clip(np.nan_to_num(view, nan=0.0), _LOW, _HIGH).astype(np.float64)
    filled[missing] = np.nan
    return filled


def _of_local(view: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    middle = view.shape[1] // 2
    inside = {w: view[:, middle - w // 2 : middle + w // 2 + 1].mean(1) for w in _WIDTHS}
    edge = np.concatenate([view[:, :15], view[:, -15:]], axis=1).mean(1)
    noise, smooth = _noise(view), _smoothed(view, 5)
    wide = _smoothed(view, 7)
    return {
        **{f"local_inside_{w}": mean for w, mean in inside.items()},
        "local_edge": edge,
        "local_noise": noise,
        "local_scatter": view.std(1),
        "local_asymmetry": np.abs(view - view[:, ::-1]).mean(1),
        "local_smooth_asymmetry": np.abs(wide - wide[:, ::-1]).mean(1),
        "local_lowest": smooth.min(1),
        "local_lowest_at": np.abs(smooth.argmin(1) - middle) + 0 * edge,
        "local_highest": smooth.max(1),
        "local_before": view[:, 10:25].mean(1),
        "local_after": view[:, -25:-10].mean(1),
        "local_dip_over_noise": (edge - inside[9]) / (noise + 1e-3),
        "local_part_below_half": (view < -0.5).mean(1) + 0 * edge,
        "local_flat_bottom": inside[5] - view[:, 30:33].mean(1) / 2 - view[:, 48:51].mean(1) / 2,
    }


def _of_global(view: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    n = view.shape[1]
    spectrum = np.abs(np.fft.rfft(view - view.mean(1, keepdims=True), axis=1)) / n
    power = spectrum**2
    total = power.sum(1) + 1e-9
    smooth, noise = _smoothed(view, 5), _noise(view)
    away = np.r_[0:85, 116:n]
    centre, outside = view[:, 97:104].mean(1), np.concatenate([view[:, :80], view[:, 121:]], axis=1)
    low = smooth[:, away].argmin(1)
    return {
        "global_noise": noise,
        "global_scatter": view.std(1),
        "global_robust_scatter": _robust_scatter(view),
        "global_part_below_half": (view < -0.5).mean(1) + 0 * centre,
        "global_part_below_quarter": (view < -0.25).mean(1) + 0 * centre,
        **{f"global_harmonic_{k}": spectrum[:, k] for k in range(1, _N_FOURIER + 1)},
        **{f"global_power_share_{k}": power[:, k] / total for k in range(1, _N_FOURIER + 1)},
        "global_slow_share": power[:, 1:6].sum(1) / total,
        "global_middling_share": power[:, 6:30].sum(1) / total,
        "global_deepest_elsewhere": smooth[:, away].min(1),
        "global_deepest_elsewhere_at": away[low] / n + 0 * centre,
        "global_highest_elsewhere": smooth[:, away].max(1),
        "global_centre": centre,
        "global_half_a_period_off": np.concatenate([view[:, :4], view[:, -4:]], axis=1).mean(1),
        "global_dip_over_noise": -centre / (noise + 1e-3),
        "global_outside": outside.mean(1),
        "global_scatter_outside": outside.std(1),
        "global_autocorrelation": _correlation(outside[:, :-1], outside[:, 1:]),
    }


def _of_both_phases(
    secondary: NDArray[np.float64], primary: NDArray[np.float64], local: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    measures: dict[str, NDArray[np.float64]] = {}
    for name, view in (("secondary", secondary), ("primary", primary)):
        measures |= {
            f"{name}_inside": view[:, 36:45].mean(1),
            f"{name}_scatter": view.std(1),
            f"{name}_lowest": _smoothed(view, 5).min(1),
            f"{name}_noise": _noise(view),
            f"{name}_edge": np.concatenate([view[:, :15], view[:, -15:]], axis=1).mean(1),
        }
    smooth = {name: _smoothed(view, 3) for name, view in (("s", secondary), ("p", primary), ("l", local))}
    return {
        **measures,
        "secondary_like_primary": _correlation(smooth["s"], smooth["p"]),
        "local_like_primary": _correlation(smooth["l"], smooth["p"]),
    }


def _of_shifted(view: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    return {
        "shifted_lowest": _smoothed(view, 5).min(1),
        "shifted_scatter": view.std(1),
        "shifted_centre": view[:, 97:104].mean(1),
        "shifted_robust_scatter": _robust_scatter(view),
    }


def _of_odd_and_even(odd: NDArray[np.float64], even: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    return {
        "odd_less_even_inside": odd[:, 32:49].mean(1) - even[:, 32:49].mean(1),
        "odd_like_even": _correlation(_smoothed(odd, 3), _smoothed(even, 3)),
    }


def _smoothed(view: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Return means of ``width`` neighbours, the ends joined."""
    half = width // 2
    joined = np.concatenate([view[:, -half:], view, view[:, :half]], axis=1)
    means: NDArray[np.float64] = np.lib.stride_tricks.sliding_window_view(joined, width, axis=1).mean(-1)
    return means


def _robust_scatter(view: NDArray[np.float64]) -> NDArray[np.float64]:
    middle = np.median(view, axis=1, keepdims=True)
    scatter: NDArray[np.float64] = MAD_TO_SIGMA * np.median(np.abs(view - middle), axis=1)
    return scatter


def _noise(view: NDArray[np.float64]) -> NDArray[np.float64]:
    return _robust_scatter(np.diff(view, axis=1))


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return Pearson's coefficient of each pair of rows; 0 where one is constant."""
    a, b = (values - values.mean(1, keepdims=True) for values in (one, other))
    norm = np.sqrt((a**2).sum(1) * (b**2).sum(1))
    return np.where(norm == 0, 0.0, (a * b).sum(1) / np.where(norm == 0, 1.0, norm))
