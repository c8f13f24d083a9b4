"""Files of models that filters may name, opened whichever kind they are.

Only the choice between kinds lives here.
"""

from __future__ import annotations

from astro_assets.images.alerts.deciding import PacketScore
from astro_assets.images.alerts.trees import trees_of

#: A classifier's file is a zip archive; trees are in safetensors.
_ZIP = b"PK"


def packet_score(data: bytes) -> PacketScore:
    """Open a model of packets: trees on features, or the classifier of triplets.

    Raises
    ------
    ClassifierFileError, TreesFileError
        If it is neither.
    """
    if data.startswith(_ZIP):
        from astro_assets.images.real_bogus.classifier import open_classifier

        return open_classifier(data)
    return trees_of(data)
