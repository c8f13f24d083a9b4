"""The classifier as it serves: an ONNX graph with its calibration, in one file.

The file is a zip archive of ``manifest.json`` and ``network.onnx``: nothing in it runs when it is read. How
it comes about is in `training`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.alerts.errors import StampError
from astro_assets.images.alerts.packets import Packet
from astro_assets.images.alerts.stamps import triplet_of
from astro_assets.images.real_bogus.preparation import CHANNELS, SIDE, prepared
from astro_assets.learning.calibration import Platt
from astro_assets.learning.model_files import UNREADABLE, packed, unpacked

FORMAT: Final = "astro_assets real/bogus classifier 1"
#: Said wherever its scores are.
CAVEAT: Final = (
    "Trained on sources and artefacts that were injected into real stamps: no person has labelled the "
    "packets it is applied to, and figures on injected examples say less of real ones than they seem to."
)
_MANIFEST: Final = "manifest.json"
_NETWORK: Final = "network.onnx"
_MOST_BYTES: Final = 64 << 20


class ClassifierFileError(ValueError):
    """A file is no classifier, or one that this version cannot read."""


class Manifest(BaseModel):
    """What a classifier's file says of itself.

    Attributes
    ----------
    slope, intercept
        From logits to probabilities, by Platt.
    n_parameters
        Of the network.
    trained_on
        How many examples of each kind.
    objects
        How many gave triplets for training, calibration and figures.
    caveat
        `CAVEAT`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    slope: float = Field(allow_inf_nan=False)
    intercept: float = Field(allow_inf_nan=False)
    n_parameters: int = Field(ge=1)
    trained_on: dict[str, int]
    objects: dict[str, int]
    caveat: str


@dataclass(frozen=True, slots=True)
class Classifier:
    """A classifier, opened."""

    manifest: Manifest
    session: Any

    def score(self, images: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the probability of being real, at equal numbers of real and bogus.

        A triplet's score does not depend on its company. Carry it to another base rate with
        `learning.calibration.shift_prior`.

        Parameters
        ----------
        images
            Science, template, difference, in any unit, NaN where there is no measurement; (n, 3, 63, 63).

        Returns
        -------
        ndarray of float64
            Shape (n,); NaN for a triplet of which a stamp is missing altogether.
        """
        logits = self.logits(prepared(images))
        found = Platt(self.manifest.slope, self.manifest.intercept).apply(logits)
        is_missing = ~np.isfinite(images).any(axis=(2, 3)).all(axis=1)
        return np.where(is_missing, np.nan, found)

    def logits(self, images: NDArray[np.float32]) -> NDArray[np.float64]:
        """Apply the graph to prepared triplets, (n, 4, 63, 63): shape (n,)."""
        # One by one: in a batch the last bits of a sum depend on the place.
        found = [self.session.run(None, {"images": image[None]})[0][0] for image in images]
        return np.array(found, dtype=np.float64)

    def __call__(self, packet: Packet, _: Mapping[str, float]) -> float:
        """Return the score of a packet that was read with its stamps, as `alerts.deciding` asks for it.

        NaN for a packet whose stamps cannot be decoded.
        """
        try:
            triplet = triplet_of(packet)
        except StampError:
            return float("nan")
        return float(self.score(triplet.images[None])[0])


def classifier_bytes(manifest: Manifest, graph: bytes) -> bytes:
    """Return a classifier's file; equal parts give equal bytes."""
    entries = {_MANIFEST: manifest.model_dump_json(indent=1).encode(), _NETWORK: graph}
    return packed(entries)


def open_classifier(data: bytes) -> Classifier:
    """Open a classifier's file; its graph runs in one thread.

    Raises
    ------
    ClassifierFileError
        If it is none.
    """
    from onnxruntime.capi import onnxruntime_pybind11_state as onnx_errors

    unreadable = (
        *UNREADABLE, onnx_errors.Fail, onnx_errors.InvalidProtobuf, onnx_errors.InvalidGraph,
        onnx_errors.InvalidArgument, onnx_errors.NotImplemented, onnx_errors.RuntimeException,
    )  # fmt: skip
    try:
        entries = unpacked(data, _MOST_BYTES)
        told, graph = json.loads(entries[_MANIFEST]), entries[_NETWORK]
        if told["format"] != FORMAT:
            raise ValueError(f"it is of another form, {told['format']!r}: train it again")
        return Classifier(Manifest.model_validate(told), _session(graph))
    except unreadable as error:
        raise ClassifierFileError(f"this is no classifier that can be read: {error}"[:500]) from error


def _session(graph: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    shapes = [(one.name, one.shape) for one in session.get_inputs()]
    if shapes != [("images", [1, CHANNELS, SIDE, SIDE])]:
        raise ValueError(f"its graph reads {shapes}")
    return session
