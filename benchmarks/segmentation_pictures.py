"""Pictures of what a segmenter sees and finds: science, reference, difference, truth, prediction."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.segmenter import Segmenter
from astro_assets.images.simulation.scene import Scene

SHORT = dict(zip(KINDS, ("T", "SN", "V", "A", "cr", "sat", "gh", "hot", "bad"), strict=True))


def draw(segmenter: Segmenter, scenes: Iterator[Scene], folder: Path, name: str) -> None:
    """Draw one picture a scene into a folder."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    for number, scene in enumerate(scenes):
        found = segmenter.of_difference(scene.difference)
        difference = scene.difference
        figure, axes = plt.subplots(1, 5, figsize=(25, 5.4))
        panels = (
            ("science", np.arcsinh(difference.science), -1.5, 4.5),
            ("reference", np.arcsinh(difference.reference), -1.5, 4.5),
            ("difference / noise", difference.difference, -5, 5),
            ("truth", colours(scene.truth.masks), None, None),
            ("prediction", colours(found.masks), None, None),
        )
        for axis, (title, image, low, high) in zip(axes, panels, strict=True):
            axis.imshow(image, cmap="gray", vmin=low, vmax=high, origin="lower", interpolation="nearest")
            axis.set_title(title)
            axis.axis("off")
        for one in scene.truth.objects:
            if one.snr >= 4:
                axes[3].text(one.column, one.row, f"{SHORT[one.kind]} {one.snr:.0f}", color="w", fontsize=7)
        for one in found.objects:
            if one.is_wanted:
                text = f"{SHORT[one.kind]} {abs(one.snr):.0f}"
                axes[4].text(one.column, one.row, text, color="w", fontsize=7)
        figure.tight_layout()
        figure.savefig(folder / f"{name}_{number}.png", dpi=60)
        plt.close(figure)


def colours(masks: np.ndarray) -> np.ndarray:
    """Paint each kind in a colour of its own."""
    from matplotlib import colormaps

    palette = colormaps["tab10"](np.arange(len(KINDS)))[:, :3]
    image = np.zeros((*masks.shape, 3))
    for k in range(len(KINDS)):
        image[(masks >> k) & 1 == 1] = palette[k]
    return image
