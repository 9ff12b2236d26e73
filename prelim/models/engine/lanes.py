"""Where the keys and values of answers being written lie: a lane for each kind of layer, its rows aligned at the right.

A sliding layer's lane holds no more than its window when it is laid. A lane is used in two ways: a plain step looks
at its filled part; a captured one (replay.py) at all of it, at a place that a tensor holds.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from prelim.models.engine.body import Body
from prelim.models.engine.cache import Pair
from prelim.models.engine.layout import EMPTY, SHARED, Layout


class Strip(NamedTuple):
    """What one row keeps for one kind of layer: positions (tokens,), and a pair (1, …) for each such layer."""

    position: torch.Tensor
    pairs: list[Pair]


class Lane:
    """The keys and values of all rows for one kind of layer, aligned at the right, with room for new tokens."""

    def __init__(self, body: Body, kind: str, strips: Sequence[Strip], spare: int) -> None:
        self.window, self.layers = body.windows[kind], [n for n, own in enumerate(body.kinds) if own == kind]
        self.filled = self.end = max(len(strip.position) for strip in strips)
        self.capacity = self.filled + spare
        size = (len(strips), self.capacity)
        self._fixed, self._place = False, torch.zeros(1, dtype=torch.long, device=body.device)
        position = torch.zeros(size, dtype=torch.long, device=body.device)
        owner = torch.full_like(position, EMPTY)
        self.layout = Layout(position, owner, torch.full_like(position, EMPTY))
        self.rooms = {layer: body.room(*size) for layer in self.layers}
        for room in (part for pair in self.rooms.values() for part in pair):
            room.zero_()  # empty places are never looked at, but what is not a number spreads even so
        for row, strip in enumerate(strips):
            places = slice(self.filled - len(strip.position), self.filled)
            position[row, places], owner[row, places] = strip.position, SHARED
            for layer, pair in zip(self.layers, strip.pairs, strict=True):
                for room, kept in zip(self.rooms[layer], pair, strict=True):
                    room[row, :, places] = kept[0]

    def strips(self, rows: Sequence[int], next_position: Sequence[int]) -> list[Strip]:
        """What those rows keep: no empty places, nothing that has left the window."""
        kept = []
        for row, position in zip(rows, next_position, strict=True):
            own = self.layout.owner[row, : self.filled] == SHARED
            if self.window is not None:
                own &= self.layout.position[row, : self.filled] > position - self.window
            places = own.nonzero().squeeze(1)
            pairs = [
                (keys[row : row + 1, :, places], values[row : row + 1, :, places])
                for keys, values in self.rooms.values()
            ]
            kept.append(Strip(self.layout.position[row, places], pairs))
        return kept

    def open(self, at: Layout) -> torch.Tensor:
        """Make places for a plain step's tokens; the step's mask over the filled places."""
        self._fixed, self.end = False, self.filled + at.position.shape[1]
        for places, new in zip(self.layout, at, strict=True):
            places[:, self.filled : self.end] = new
        return Layout(*(part[:, : self.end] for part in self.layout)).seen_by(at, self.window)

    def point(self) -> None:
        """Let the captured step write behind what is filled."""
        self._place.fill_(self.filled)

    def open_fixed(self, at: Layout) -> torch.Tensor:
        """Make the place of a captured step's one token a row; the step's mask over all places."""
        self._fixed = True
        for places, new in zip(self.layout, at, strict=True):
            places.index_copy_(1, self._place, new)
        return self.layout.seen_by(at, self.window)

    def update(self, keys: torch.Tensor, values: torch.Tensor, layer: int) -> Pair:
        """Write a layer's new keys and values into their places; all that it may look at."""
        room = self.rooms[layer]
        if self._fixed:
            for whole, new in zip(room, (keys, values), strict=True):
                whole.index_copy_(2, self._place, new)
            return room
        for whole, new in zip(room, (keys, values), strict=True):
            whole[:, :, self.filled : self.end] = new
        return room[0][:, :, : self.end], room[1][:, :, : self.end]


class Lanes:
    """The lanes of all kinds of layers, where transformers expects its Cache."""

    def __init__(self, lanes: dict[str, Lane]) -> None:
        self.kinds = lanes
        self._lane_of = {layer: lane for lane in lanes.values() for layer in lane.layers}

    def run(self, body: Body, ids: torch.Tensor, at: Layout, *, fixed: bool = False) -> torch.Tensor:
        """(rows, tokens, hidden) of a step's tokens: a plain step, or `fixed`, one that can be captured."""
        masks = {kind: lane.open_fixed(at) if fixed else lane.open(at) for kind, lane in self.kinds.items()}
        return body.run(body.words(ids), at, masks.__getitem__, self)

    def update(self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: object, **__: object) -> Pair:
        """A layer's new keys and values go to its lane."""
        return self._lane_of[layer].update(keys, values, layer)
