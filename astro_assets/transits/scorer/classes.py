"""What an event can be, and which of it each disposition of a catalogue allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: The classes that are trained. What is unlike all of them is abstained on, never a class of its own.
CLASSES: Final = (
    "planetary_transit",
    "eclipsing_binary",
    "stellar_signal",
    "instrument_artifact",
    "noise",
)
#: Those whose sum is ``planet_or_eb``: something passes in front of a star.
N_ECLIPSES: Final = 2
_PLANET, _BINARY, _STELLAR, _INSTRUMENT, _NOISE = CLASSES
#: What the dispositions of event sets and catalogues leave open; those not named say nothing.
LABEL_SETS: Final[Mapping[str, tuple[str, ...]]] = {
    "PC": (_PLANET,),
    "KP": (_PLANET,),
    "CP": (_PLANET,),
    "EB": (_BINARY,),
    "V": (_STELLAR,),
    "IS": (_STELLAR, _INSTRUMENT),
    "J": (_INSTRUMENT, _NOISE),
    "FP": (),
    "FA": (),
    "O": (),
    # Those of ``labelled_candidates``.
    "confirmed_planet": (_PLANET,),
    "candidate": (_PLANET,),
    "eclipsing_binary": (_BINARY,),
    "false_positive": (),
    "false_alarm": (_INSTRUMENT, _NOISE),
    "unknown": (),
    # What is found upside down: stars dip by themselves as they brighten.
    "inverted": (_STELLAR, _INSTRUMENT, _NOISE),
    # What was put into a real light curve.
    "injected_planet": (_PLANET,),
    # What a simulation put in; all its stars have spots and granulation.
    "simulated_planet": (_PLANET,),
    "simulated_binary": (_BINARY,),
    "simulated_variability": (_STELLAR,),
    "simulated_nothing": (_STELLAR, _INSTRUMENT, _NOISE),
}


def label_matrix(label_sets: Iterable[Sequence[str]]) -> NDArray[np.bool_]:
    """Mark which classes each event may be.

    Parameters
    ----------
    label_sets
        For each event the names of the classes its label leaves open; none for an unlabelled event.

    Returns
    -------
    ndarray of bool
        Shape (n, 5), in the order of :data:`CLASSES`.
    """
    rows = [[name in allowed for name in CLASSES] for allowed in label_sets]
    return np.array(rows, dtype=np.bool_).reshape(-1, len(CLASSES))


def is_eclipse(labels: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which labelled events are planets or binaries, whichever of both: shape (n,)."""
    some = np.asarray(labels.any(axis=1))
    others = np.asarray(labels[:, N_ECLIPSES:].any(axis=1))
    return some & ~others
