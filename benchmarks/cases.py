"""Drawn cases: random pixels and random tokens, of a real case's sizes."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch

from prelim.models.engine import Picture, Prompt

PROBE_TOKENS = 2
"""New tokens that a peer writes to answer a question by yes or no."""


@dataclass(frozen=True)
class Size:
    """How much a case asks. Each finding is two questions, one each way; `*_tokens` are new tokens."""

    images: int
    findings: int
    boxes: int = 0
    box_tokens: int = 0
    text_tokens: int = 0

    def __str__(self) -> str:
        said = [f"{self.images} image{'s' * (self.images > 1)}", f"{2 * self.findings} questions"]
        said += [f"{self.boxes} boxes of {self.box_tokens} tokens"] * bool(self.boxes)
        said += [f"a text of {self.text_tokens} tokens"] * bool(self.text_tokens)
        return ", ".join(said)


@dataclass(frozen=True)
class Case:
    """A case's prompts: the same `head` of token ids, each image one token of it, and then a question.

    Two cases of one name have the same head and pixels.
    """

    name: str
    size: Size
    head: Sequence[int]
    pixels: torch.Tensor
    """(images, 3, side, side), as the vision tower takes them, on the model's device."""
    probes: Sequence[Sequence[int]]
    boxes: Sequence[Sequence[int]]
    texts: Sequence[Sequence[int]]
    image_token: int

    @property
    def asked(self) -> Iterator[tuple[Sequence[Sequence[int]], int]]:
        """What is asked one after another: questions that may be asked together, and an answer's new tokens."""
        parts = ((self.probes, PROBE_TOKENS), (self.boxes, self.size.box_tokens), (self.texts, self.size.text_tokens))
        return ((questions, tokens) for questions, tokens in parts if questions)

    @cached_property
    def _pictures(self) -> list[Picture]:
        return [Picture(f"{self.name}/{n}", partial(self.pixels.select, 0, n)) for n in range(len(self.pixels))]

    def prompts(self, questions: Sequence[Sequence[int]]) -> list[Prompt]:
        """As the engine takes them."""
        return [Prompt.of([*self.head, *question], self._pictures, self.image_token) for question in questions]

    def spelt(self, question: Sequence[int], tokens_per_image: int) -> list[int]:
        """As transformers takes it: every image written out in as many image tokens as it fills."""
        spelt = list[int]()
        for token in self.head:
            spelt += [token] * (tokens_per_image if token == self.image_token else 1)
        return [*spelt, *question]


def drawn(model: Any, size: Size, seed: int, labelled: bool = False) -> Case:
    """A case. Probes have 15–30 tokens, box questions 60, a text's 150; `labelled`: 4 tokens after each image."""
    config, chance = model.config, random.Random(seed)
    some = chance.choices(range(10, config.boi_token_index), k=2)

    def words(count: int) -> list[int]:
        return chance.choices(range(10, config.boi_token_index), k=count)

    head = words(30)
    for _ in range(size.images):
        head += [some[0], config.boi_token_index, config.image_token_index, config.eoi_token_index, some[1]]
        head += words(4 * labelled)
    side = config.vision_config.image_size
    noise = torch.Generator().manual_seed(seed)
    pixels = torch.rand((size.images, 3, side, side), generator=noise) * 2 - 1
    return Case(
        f"{size}, {seed}",
        size,
        head,
        pixels.to(model.device, model.dtype),
        [words(chance.randint(15, 30)) for _ in range(2 * size.findings)],
        [words(60) for _ in range(size.boxes)],
        [words(150)] * bool(size.text_tokens),
        config.image_token_index,
    )
