"""Answers being written, many at once, each row at its own place behind its own prompt.

Rows join and leave between steps. A step feeds each row the tokens it chose last, and those its grammar forced, which
need no pass of their own; rows with fewer are padded with empty places.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch

from prelim.models.engine.body import Body, out_of_memory
from prelim.models.engine.lanes import Lane, Lanes, Strip
from prelim.models.engine.layout import EMPTY, SHARED, Layout
from prelim.models.engine.prompt import Prompt
from prelim.models.engine.replay import Capture, Replay

_LOG = logging.getLogger(__name__)
SPARE_TOKENS = 128
"""Room for this many new tokens is made at a time."""
_SPARE_CAPTURED = 1024
"""The same where steps are captured: new room is a new capture."""


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


class Decoder:
    """The rows being written and their lanes."""

    def __init__(self, body: Body, capture: Capture | None = None) -> None:
        self.body, self.rows = body, list[Row]()
        self._capture, self._spare = capture, _SPARE_CAPTURED if capture else SPARE_TOKENS
        self._lanes = Lanes({})
        self._replay: Replay | None = None

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
        spare = max(self._spare, least)
        self._lanes = Lanes({kind: Lane(self.body, kind, own, spare) for kind, own in strips.items()})
        self._replay = None

    def step(self) -> None:
        """One pass: each row goes on by at least one token. One that fails changes nothing and can be tried again."""
        width = max(len(row.waiting) for row in self.rows)
        if any(lane.filled + width > lane.capacity for lane in self._lanes.kinds.values()):
            self._lay(self._kept(range(len(self.rows))), width)
        at, ids = self._fed(width)
        logits = self._logits(ids, at)
        for lane in self._lanes.kinds.values():
            lane.filled += width
        for row in self.rows:
            row.position += len(row.waiting)
        choose(logits, self.rows)

    def _logits(self, ids: torch.Tensor, at: Layout) -> torch.Tensor:
        """(rows, vocabulary) of the step, replayed where that can be."""

        def launched() -> torch.Tensor:
            return self._launched(ids, at)

        if self._capture and ids.shape[1] == 1:
            self._replay = self._replay or Replay(self.body, self._lanes, len(self.rows), self._capture)
            if self._replay.ready():
                try:
                    return self._replay.step(ids, at, launched)
                except Exception as error:
                    if out_of_memory(error):
                        raise
                    _LOG.warning("decode steps are launched one by one, they could not be captured: %s", error)
                    self._capture = None
        return launched()

    def _launched(self, ids: torch.Tensor, at: Layout) -> torch.Tensor:
        hidden = self._lanes.run(self.body, ids, at)
        return self.body.logits(hidden[range(len(self.rows)), [len(row.waiting) - 1 for row in self.rows]])

    def _fed(self, width: int) -> tuple[Layout, torch.Tensor]:
        """Where the waiting tokens stand, and their ids; rows with fewer are filled up with empty places."""
        empty = [(0, 0, EMPTY)]
        fed = []
        for row in self.rows:
            own = [(token, row.position + n, SHARED) for n, token in enumerate(row.waiting)]
            fed.append(own + empty * (width - len(own)))
        ids, position, owner = torch.tensor(fed, device=self.body.device).unbind(-1)
        return Layout(position, owner, torch.full_like(position, EMPTY)), ids
