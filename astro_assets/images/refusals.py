"""Why an image cannot be used: the codes, what each means, and the error that carries one.

Only the vocabulary lives here; who finds what is wrong is in `reading`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from astro_assets.plain_values import damage

#: Every value of ``reason_code`` in ``frames``, with its meaning.
REASONS: Final = {
    "damaged": "The file contradicts itself or its format.",
    "no_image": "No HDU holds an image of two axes, or not the one that the setting hdu names.",
    "not_one_image": "A cube: several images without a time each.",
    "too_large": "An image of more pixels than are read.",
    "too_small": "An image of fewer pixels a side than a star needs.",
    "no_finite_pixel": "No pixel holds a number.",
    "description_invalid": "What targets.csv says of the file cannot be understood.",
}


class FrameRefusedError(ValueError):
    """An image cannot be used.

    Parameters
    ----------
    code
        A key of `REASONS`.
    text
        What is wrong with this file, one line for people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@contextmanager
def damage_is_refused() -> Iterator[None]:
    """Turn an error that nobody foresaw into a refusal: the file is at fault, and no run is to fail for it.

    Errors of the machine pass.

    Raises
    ------
    FrameRefusedError
        With the code ``damaged`` and the kind of the error.
    """
    try:
        yield
    except (FrameRefusedError, MemoryError):
        raise
    except OSError as error:
        if error.errno is not None:  # of the machine; what astropy finds wrong in a file has no number
            raise
        raise FrameRefusedError("damaged", damage(error)) from error
    except Exception as error:
        raise FrameRefusedError("damaged", damage(error)) from error
