"""What is kept between passes: keys and values of prefixes, features of images; and how a pass reaches them.

`Growing` and `Branching` stand where transformers expects its Cache: each attention layer hands over its new keys and
values and receives all that it may look at. transformers' own cache was tried: its `crop` needs recording to be on
before the window is passed, and its sliding layers forget what a shorter prefix would need.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import torch

from prelim.models.engine.prompt import Units, common

Key = TypeVar("Key", bound=Hashable)
Kept = TypeVar("Kept", bound="Sized")
Pair = tuple[torch.Tensor, torch.Tensor]
"""A layer's keys and values, (rows, key/value heads, tokens, head size) each."""


class Sized(Protocol):
    """What knows its size, as a tensor does."""

    @property
    def nbytes(self) -> int: ...


class Shelf(Generic[Key, Kept]):
    """What was used last, within a bound in bytes. What alone is over the bound is not kept."""

    def __init__(self, bound_bytes: int) -> None:
        self.bound_bytes, self.bytes = bound_bytes, 0
        self._kept = OrderedDict[Key, Kept]()
        self._case: dict[Key, str] = {}

    def get(self, key: Key) -> Kept | None:
        """What lies under the key, now the last used."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def put(self, key: Key, kept: Kept, case: str = "") -> None:
        """Keep it, for a case; what was not used for longest makes room."""
        self.drop(key)
        self._kept[key], self._case[key] = kept, case
        self.bytes += kept.nbytes
        while self.bytes > self.bound_bytes:
            self.drop(next(iter(self._kept)))

    def drop(self, key: Key) -> None:
        """Forget it, if it is there."""
        gone = self._kept.pop(key, None)
        if gone is not None:
            del self._case[key]
            self.bytes -= gone.nbytes

    def leave(self, case: str) -> None:
        """Forget what was kept for a case."""
        for key in [key for key, own in self._case.items() if own == case]:
            self.drop(key)

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._case.clear()
        self.bytes = 0

    def held(self) -> list[Key]:
        """The keys of what is kept, the last used last."""
        return list(self._kept)


@dataclass(frozen=True)
class Prefix:
    """The keys and values of a prompt's beginning, one pair a layer, and how many tokens of them are in use.

    Sliding layers keep all positions too (136 KiB a token for the 4B in bf16, against 20 with trimmed ones): a prefix
    can then be cut anywhere for nothing, and no answer depends on what was cut before.
    """

    layers: Sequence[Pair]
    tokens: int

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors."""
        return sum(keys.nbytes + values.nbytes for keys, values in self.layers)

    def cut(self, tokens: int) -> "Prefix":
        """Its first tokens. The tensors are the same ones: a longer prefix serves every shorter one."""
        return Prefix(self.layers, tokens)


def longest(held: Sequence[Units], wanted: Units) -> tuple[Units, int]:
    """Of the prefixes held, the one that shares most leading units with what is wanted, and how many."""
    return max(((units, common(units, wanted)) for units in held), key=lambda found: found[1], default=((), 0))


class Growing:
    """A prefix's room being filled: new keys and values are written behind those in use, nothing is copied."""

    def __init__(self, prefix: Prefix, starts: Sequence[int], new: int) -> None:
        self._prefix, self._starts, self._end = prefix, starts, prefix.tokens + new

    def update(self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: object, **__: object) -> Pair:
        """All that this layer may look at: from its window's start up to the new tokens."""
        both = []
        for room, fresh in zip(self._prefix.layers[layer], (keys, values), strict=True):
            room[:, :, self._prefix.tokens : self._end] = fresh
            both.append(room[:, :, self._starts[layer] : self._end])
        return both[0], both[1]


class Branching:
    """A prefix that stays as it is, and questions behind it whose keys and values are gathered in `fresh`."""

    def __init__(self, prefix: Prefix, starts: Sequence[int]) -> None:
        self._prefix, self._starts = prefix, starts
        self.fresh: list[Pair] = []

    def update(self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: object, **__: object) -> Pair:
        """All that this layer may look at: the prefix from its window's start, then every question."""
        self.fresh.append((keys, values))
        start, end = self._starts[layer], self._prefix.tokens
        if start == end:
            return keys, values
        shared = [room[:, :, start:end] for room in self._prefix.layers[layer]]
        return torch.cat((shared[0], keys), 2), torch.cat((shared[1], values), 2)
