"""Answers being written, many at once, each row at its own place behind its own prompt.

Rows join and leave between steps. A step feeds each row the tokens it chose last, and those its grammar forced, which
need no pass of their own; rows with fewer are padded with empty places.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import torch

from prelim.models.engine.body import Body
from prelim.models.engine.cache import Pair
from prelim.models.engine.layout import EMPTY, SHARED, Layout
from prelim.models.engine.prompt import Prompt

SPARE_TOKENS = 128
"""Room for this many new tokens is made at a time."""


class Guide(Protocol):
    """What an answer is held to: a grammar at the place that the answer has reached."""

    @property
    def finished(self) -> bool:
        """Whether the answer is whole and nothing may follow."""

    def allowed(self) -> torch.Tensor:
        """(vocabulary,) bool: the tokens that may come next."""

    def accept(self, token: int) -> list[int]:
        """Go on by a token; the tokens that must follow it, in order, are accepted too and returned."""


@dataclass
class Row:
    """One answer being written. `ended`: of itself, by an end token, its grammar or its stop; else it is cut off."""

    prompt: Prompt
    limit: int
    ends: frozenset[int]
    guide: Guide | None = None
    stopped: Callable[[list[int]], bool] | None = None
    position: int = 0
    """Where its next token will stand."""
    tokens: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    """Tokens chosen and not yet passed through the model."""
    ended: bool = False
    error: Exception | None = None
    """What its grammar or its stop raised: its own caller's to handle, no other row's."""

    @property
    def done(self) -> bool:
        """Whether nothing more is to be written."""
        return self.ended or self.error is not None or len(self.tokens) >= self.limit

    @property
    def so_far(self) -> Prompt:
        """The prompt with what is written behind it: where the answer can be gone on with from nothing."""
        return Prompt(self.prompt.units + tuple(self.tokens), self.prompt.pictures)

    def take(self, token: int) -> None:
        """Go on by the token that the model chose, and by what its grammar forces after it."""
        if token in self.ends:
            self.ended = True
            return
        forced = self.guide.accept(token) if self.guide else []
        self.waiting = [token, *forced]
        self.tokens += self.waiting
        finished = self.guide is not None and self.guide.finished
        self.ended = finished or (self.stopped is not None and self.stopped(self.tokens))
        if len(self.tokens) > self.limit:  # forced beyond the limit: cut off all the same
            self.tokens, self.ended = self.tokens[: self.limit], False


def choose(logits: torch.Tensor, rows: Sequence[Row]) -> None:
    """Each row goes on by its likeliest token of (rows, vocabulary), among those that its grammar allows."""
    for n, row in enumerate(rows):
        if row.guide:
            logits[n].masked_fill_(~row.guide.allowed().to(logits.device), float("-inf"))
    for row, token in zip(rows, logits.argmax(-1).tolist(), strict=True):
        try:
            row.take(token)
        except Exception as error:  # handed to its caller
            row.error = error


class Strip(NamedTuple):
    """What one row keeps for one kind of layer: positions (tokens,), and a pair (1, …) for each such layer."""

    position: torch.Tensor
    pairs: list[Pair]


class Lane:
    """The keys and values of all rows for one kind of layer, aligned at the right, with room for new tokens."""

    def __init__(self, body: Body, kind: str, strips: Sequence[Strip], spare: int) -> None:
        self.window, self.layers = body.windows[kind], [n for n, own in enumerate(body.kinds) if own == kind]
        self.filled = max(len(strip.position) for strip in strips)
        size = (len(strips), self.filled + spare)
        position = torch.zeros(size, dtype=torch.long, device=body.device)
        owner = torch.full_like(position, EMPTY)
        self.layout = Layout(position, owner, torch.full_like(position, EMPTY))
        self.rooms = {layer: body.room(*size) for layer in self.layers}
        for row, strip in enumerate(strips):
            places = slice(self.filled - len(strip.position), self.filled)
            position[row, places], owner[row, places] = strip.position, SHARED
            for layer, pair in zip(self.layers, strip.pairs, strict=True):
                for room, kept in zip(self.rooms[layer], pair, strict=True):
                    room[row, :, : places.start] = 0  # never looked at, but what is not a number spreads even so
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
        """Make places for a step's tokens; the step's mask over all places."""
        self.end = self.filled + at.position.shape[1]
        for places, new in zip(self.layout, at, strict=True):
            places[:, self.filled : self.end] = new
        return Layout(*(part[:, : self.end] for part in self.layout)).seen_by(at, self.window)

    def update(self, keys: torch.Tensor, values: torch.Tensor, layer: int) -> Pair:
        """Write a layer's new keys and values into their places; all that it may look at."""
        room = self.rooms[layer]
        for whole, new in zip(room, (keys, values), strict=True):
            whole[:, :, self.filled : self.end] = new
        return room[0][:, :, : self.end], room[1][:, :, : self.end]


class Lanes:
    """The lanes of all kinds of layers, where transformers expects its Cache."""

    def __init__(self, lanes: dict[str, Lane]) -> None:
        self.kinds = lanes
        self._lane_of = {layer: lane for lane in lanes.values() for layer in lane.layers}

    def update(self, keys: torch.Tensor, values: torch.Tensor, layer: int, *_: object, **__: object) -> Pair:
        """A layer's new keys and values go to its lane."""
        return self._lane_of[layer].update(keys, values, layer)


class Decoder:
    """The rows being written and their lanes."""

    def __init__(self, body: Body) -> None:
        self.body, self.rows = body, list[Row]()
        self._lanes = Lanes({})

    def join(self, rows: Sequence[Row], strips: dict[str, list[Strip]]) -> None:
        """Rows begin to be written here; `strips` are what they keep for each kind of layer."""
        old = self._kept(range(len(self.rows)))
        self._lay({kind: old.get(kind, []) + strips[kind] for kind in strips})
        self.rows += rows

    def leave(self, going: Sequence[Row]) -> None:
        """Rows that are done, or are no longer wanted, make room."""
        staying = [n for n, row in enumerate(self.rows) if not any(row is other for other in going)]
        kept = self._kept(staying) if staying else {}
        self.rows = [self.rows[n] for n in staying]
        self._lay(kept)

    def _kept(self, rows: Sequence[int]) -> dict[str, list[Strip]]:
        ahead = [self.rows[n].position for n in rows]
        return {kind: lane.strips(rows, ahead) for kind, lane in self._lanes.kinds.items()}

    def _lay(self, strips: dict[str, list[Strip]], least: int = 0) -> None:
        spare = max(SPARE_TOKENS, least)
        self._lanes = Lanes({kind: Lane(self.body, kind, own, spare) for kind, own in strips.items()})

    def step(self) -> None:
        """One pass: each row goes on by at least one token. One that fails changes nothing and can be tried again."""
        width = max(len(row.waiting) for row in self.rows)
        if any(lane.filled + width > lane.layout.position.shape[1] for lane in self._lanes.kinds.values()):
            self._lay(self._kept(range(len(self.rows))), width)
        at, ids = self._fed(width)
        embedded = self.body.model.model.language_model.embed_tokens(ids)
        masks = {kind: lane.open(at) for kind, lane in self._lanes.kinds.items()}
        hidden = self.body.run(embedded, at, masks.__getitem__, self._lanes)
        last = [len(row.waiting) - 1 for row in self.rows]
        logits = self.body.logits(hidden[range(len(last)), last])
        for lane in self._lanes.kinds.values():
            lane.filled = lane.end
        for row in self.rows:
            row.position += len(row.waiting)
        choose(logits, self.rows)

    def _fed(self, width: int) -> tuple[Layout, torch.Tensor]:
        """Where the waiting tokens stand, and their ids; rows with fewer are filled up with empty places."""
        empty = [(0, 0, EMPTY)]
        fed = []
        for row in self.rows:
            own = [(token, row.position + n, SHARED) for n, token in enumerate(row.waiting)]
            fed.append(own + empty * (width - len(own)))
        ids, position, owner = torch.tensor(fed, device=self.body.device).unbind(-1)
        return Layout(position, owner, torch.full_like(position, EMPTY)), ids
