"""What the engine is asked: text tokens with whole images among them.

An image is ONE unit of a prompt, named by its digest, however many tokens it fills. So two prompts share an image or
they do not, never a part of one: attention inside an image looks both ways, and half an image cannot be kept.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

Unit = int | str
"""A text token's id, or a whole image's digest."""
Units = tuple[Unit, ...]


@dataclass(frozen=True)
class Picture:
    """An image by its digest. `pixels` makes (3, side, side) as the vision tower takes them, when they are needed."""

    digest: str
    pixels: Callable[[], torch.Tensor]


@dataclass(frozen=True)
class Prompt:
    """A whole prompt up to the first token of its answer, and the pictures that stand in it."""

    units: Units
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @classmethod
    def of(cls, ids: Sequence[int], pictures: Sequence[Picture], image_token: int) -> "Prompt":
        """From token ids in which each image is written as one `image_token`.

        ValueError where the counts differ, or where no text follows the last image.
        """
        if not ids or ids[-1] == image_token:
            raise ValueError("a prompt must end with text")
        if list(ids).count(image_token) != len(pictures):
            raise ValueError(f"{list(ids).count(image_token)} image places for {len(pictures)} images")
        given = iter(pictures)
        units = tuple(next(given).digest if token == image_token else token for token in ids)
        return cls(units, {picture.digest: picture for picture in pictures})

    @property
    def images_end(self) -> int:
        """How many units reach to the end of the last image; 0 where there is none."""
        return next((n for n in range(len(self.units), 0, -1) if isinstance(self.units[n - 1], str)), 0)


def common(first: Units, second: Units) -> int:
    """How many leading units two prompts share."""
    low, high = 0, min(len(first), len(second))
    while low < high:  # slices compare in C, so halving beats walking
        middle = (low + high + 1) // 2
        low, high = (middle, high) if first[:middle] == second[:middle] else (low, middle - 1)
    return low


class Spelt(NamedTuple):
    """Units spelt out, one entry a token: ids (0 in an image), and which of `digests` it lies in (-1: text)."""

    ids: list[int]
    image: list[int]
    digests: list[str]


def spell(units: Units, tokens_per_image: int) -> Spelt:
    """The tokens that units stand for."""
    spelt = Spelt([], [], [])
    for unit in units:
        if isinstance(unit, str):
            spelt.image.extend([len(spelt.digests)] * tokens_per_image)
            spelt.ids.extend([0] * tokens_per_image)
            spelt.digests.append(unit)
        else:
            spelt.image.append(-1)
            spelt.ids.append(unit)
    return spelt


def token_count(units: Units, tokens_per_image: int) -> int:
    """How many tokens units stand for."""
    return len(units) + sum(isinstance(unit, str) for unit in units) * (tokens_per_image - 1)


def cuts(units: Units, tokens_per_image: int, chunk_tokens: int) -> list[int]:
    """After how many units a prefill's passes end: places that the units alone decide, so that the same prefix is
    always computed by the same passes, and is the same bits, whatever was held of it.

    A cut never parts an image. Both of the first two images end a pass whatever its size, so that what is held of a
    film serves the same film followed by another.
    """
    found, size, images = [], 0, 0
    for n, unit in enumerate(units, 1):
        is_image = isinstance(unit, str)
        images, size = images + is_image, size + (tokens_per_image if is_image else 1)
        if n == len(units) or (is_image and images <= 2) or size >= chunk_tokens:
            found.append(n)
            size = 0
    return found
