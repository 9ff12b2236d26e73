"""How a frontal chest film lies: the two dark lungs, the white midline and abdomen looked for, every way round.

The pattern is drawn from anatomy, in several sizes and places, and compared with the film's ranked grey values, so
that neither exposure nor window matters. What is found must beat the upright positive film clearly.
"""

from functools import cache
from itertools import product
from typing import Literal

import numpy as np
import numpy.typing as npt

CELLS = 24
"""The film is compared at this size, each way."""
Floats = npt.NDArray[np.float64]
_SIZES = tuple(product((0.75, 0.9, 1.05), (0.8, 1.0, 1.15)))
_PLACES = tuple(product((-0.15, 0.0, 0.15), (-0.15, 0.0, 0.15)))
_CLEARER = {(-1, 0): 0.1, (1, 1): 0.1, (1, 3): 0.1, (1, 2): 0.25, (-1, 2): 0.25, (-1, 1): 0.4, (-1, 3): 0.4}
"""By how much the correlation of another way, (sign, quarter turns), must be higher than the upright positive's. More
where the lungs lie as they do in the upright one, and for negatives on their side."""


def lies(cells: Floats) -> Literal["inverted", "rotated"] | None:
    """What is wrong with the way a frontal chest film lies, from its CELLS × CELLS block means, bright = dense."""
    ranked = _ranked(cells)
    upright = _match(ranked)
    matches = {(sign, turns): _match(sign * np.rot90(ranked, turns)) for sign, turns in _CLEARER}
    clear = [way for way, match in matches.items() if match - upright > _CLEARER[way]]
    best = max(clear, key=lambda way: matches[way], default=None)
    return best and ("inverted" if best[0] < 0 else "rotated")


def _match(ranked: Floats) -> float:
    return float((_patterns() @ ranked.ravel()).max())


def _ranked(cells: Floats) -> Floats:
    """Each cell's rank, without the mean, of length 1."""
    ranks = cells.ravel().argsort(kind="stable").argsort(kind="stable") - (cells.size - 1) / 2
    return (ranks / np.linalg.norm(ranks)).reshape(cells.shape)


@cache
def _patterns() -> Floats:
    """The pattern in every size and place, as rows without their mean, of length 1."""
    drawn = np.array([_pattern(*size, *place).ravel() for size in _SIZES for place in _PLACES])
    drawn -= drawn.mean(1, keepdims=True)
    return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))


def _pattern(wide: float, high: float, right: float, down: float) -> Floats:
    """A chest on [-1, 1] each way: abdomen and widening midline white, lungs and the air over the shoulders black."""
    axis = (np.arange(CELLS) + 0.5) / CELLS * 2 - 1
    x, y = np.meshgrid((axis - right) / wide, (axis - down) / high)
    chest = 0.9 * _soft((0.55 - y) * 12) * _soft((np.abs(x) - 0.9) * 12)
    chest += 0.6 * _soft((np.abs(x) - 0.12 - 0.12 * (y + 0.5)) * 20) * _soft((np.abs(y) - 1) * 10)
    for side in (-1, 1):
        across = side * x - 0.45 - 0.12 * (y + 0.2)
        lung = _soft(((across / 0.27) ** 2 + ((y + 0.2) / 0.62) ** 2 - 1) * 6)
        chest = chest * (1 - lung) - lung
    return np.asarray(chest - 0.7 * _soft((y + 0.82) * 15) * _soft((0.3 - np.abs(x)) * 10))


def _soft(edge: Floats) -> Floats:
    """1 where `edge` is well below 0, 0 well above, smooth between."""
    return np.asarray(1 / (1 + np.exp(np.clip(edge, -30, 30))))
