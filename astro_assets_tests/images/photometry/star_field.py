"""Star fields with photon noise, made for tests: stars that drift, turn, flip, and dim behind clouds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from astro_assets.images.frame import Frame, Site

SHAPE = (240, 320)
SITE = Site(31.68, -110.88, 1268.0)
GAIN = 2.0
SKY = 200.0
READ_NOISE = 6.0
START = 58107.1
CADENCE_DAYS = 240 / 86400


@dataclass(frozen=True)
class Field:
    """Places on the first frame, shape (n, 2), and electrons that a clear exposure brings."""

    positions: np.ndarray
    electrons: np.ndarray


def field(n_stars: int, seed: int = 0, margin: float = 30.0, faintest: float = 3000.0) -> Field:
    """Strew stars that do not touch one another; the first is one of the brighter, in the middle."""
    rng = np.random.default_rng(seed)
    places = [np.array([SHAPE[1] / 2, SHAPE[0] / 2])]
    while len(places) < n_stars:
        place = rng.uniform([-margin, -margin], [SHAPE[1] + margin, SHAPE[0] + margin])
        if min(np.hypot(*(place - other)) for other in places) > 11:
            places.append(place)
    electrons = faintest * 10 ** rng.uniform(0, 1.6, n_stars)
    electrons[0] = 60_000
    return Field(np.array(places), electrons)


def turned(positions: np.ndarray, degrees=0.0, shift=(0.0, 0.0), scale=1.0, is_mirrored=False) -> np.ndarray:
    """Turn, mirror and scale positions about the frame's middle, and shift them."""
    middle = np.array([SHAPE[1], SHAPE[0]]) / 2
    angle = np.radians(degrees)
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if is_mirrored:
        matrix = matrix @ np.diag([-1.0, 1.0])
    return (positions - middle) @ matrix.T + middle + np.asarray(shift)


def light(
    positions: np.ndarray, electrons: np.ndarray, fwhm: float = 3.0, elongation: float = 1.0
) -> np.ndarray:
    """Electrons that Gaussian stars bring, integrated over pixels; stars may be long in x."""
    image = np.zeros(SHAPE)
    sigma_y = fwhm / 2.3548 / np.sqrt(elongation)
    sigma_x = sigma_y * elongation
    half = int(np.ceil(5 * sigma_x))
    for (x, y), amount in zip(positions, electrons, strict=True):
        columns = np.arange(max(0, round(x) - half), min(SHAPE[1], round(x) + half + 1))
        rows = np.arange(max(0, round(y) - half), min(SHAPE[0], round(y) + half + 1))
        if columns.size and rows.size:
            image[np.ix_(rows, columns)] += amount * np.outer(
                _part(rows - y, sigma_y), _part(columns - x, sigma_x)
            )
    return image


def _part(offset: np.ndarray, sigma: float) -> np.ndarray:
    return 0.5 * (erf((offset + 0.5) / sigma / 2**0.5) - erf((offset - 0.5) / sigma / 2**0.5))


def exposure(electrons: np.ndarray, seed: int, sky: float = SKY, number: int = 0) -> Frame:
    """Let photons arrive by chance, add the detector's noise and a pedestal, round to counts."""
    rng = np.random.default_rng(seed)
    counts = (rng.poisson(electrons + sky) + rng.normal(0, READ_NOISE, SHAPE)) / GAIN + 100
    return Frame(
        np.round(counts).astype(np.float32),
        exposure_s=60.0,
        mid_mjd_utc=START + number * CADENCE_DAYS,
        filter_name="Clear",
        ra_deg=31.3,
        dec_deg=46.8,
        site=SITE,
    )


def night(
    stars: Field,
    n_frames: int,
    dips: Mapping[int, np.ndarray] | None = None,
    clouds: np.ndarray | None = None,
    turn_deg: np.ndarray | None = None,
    drift: float = 0.8,
    seed: int = 100,
) -> dict[str, Frame]:
    """Take a night of frames: stars drift by pixels a frame; some dip, all dim behind clouds."""
    rng = np.random.default_rng(seed)
    frames = {}
    for number in range(n_frames):
        shift = np.array([drift * number, 0.3 * drift * number]) + rng.uniform(-0.5, 0.5, 2)
        places = turned(stars.positions, 0.0 if turn_deg is None else turn_deg[number], shift)
        electrons = stars.electrons * (1.0 if clouds is None else clouds[number])
        for star, dip in (dips or {}).items():
            electrons[star] *= dip[number]
        frames[f"frame{number:03}"] = exposure(light(places, electrons), seed + number, number=number)
    return frames


def trapezoid(n_frames: int, middle: float, length: float, depth: float, ingress: float = 0.15) -> np.ndarray:
    """Flux during a dip, in frames."""
    distance = np.abs(np.arange(n_frames) - middle)
    return 1 - depth * np.clip((length / 2 - distance) / (ingress * length), 0, 1)
