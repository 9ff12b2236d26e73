"""A decode step as one launch. On a GPU a step of the 4B is some ten thousand small operations, and launching them
takes longer than the memory takes to read the weights; captured once as a CUDA graph, a step is a single launch.

What is captured must have fixed shapes: one token a row, whole lanes, the place written to held in a tensor.
Elsewhere `decode.py` does the same step over the filled part of the lanes only.
"""

from collections.abc import Callable

import torch

from prelim.models.engine.body import Body
from prelim.models.engine.lanes import Lanes
from prelim.models.engine.layout import Layout

Work = Callable[[], torch.Tensor]
Capture = Callable[[Work], Work]
PATIENCE_STEPS = 8
"""So many plain steps come before a capture, which costs as much as several of them: rows may soon join or leave."""
_ALIKE = 0.05
"""A replayed step may lie this far from a launched one, as a share of the logits' deviation; bf16 steps are 2⁻⁸."""


def capture_of(device: torch.device) -> Capture | None:
    """How a device captures a step; None where it cannot."""
    return cuda_graph if device.type == "cuda" else None


def cuda_graph(work: Work) -> Work:
    """The work as a CUDA graph. It is run twice before, on a stream of its own, as torch asks."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(2):
            work()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    # Other threads, with models on other devices, go on meanwhile.
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        made = work()

    def replay() -> torch.Tensor:
        graph.replay()
        return made

    return replay


class Replay:
    """The step of one batch of rows in one set of lanes, captured after some patience."""

    def __init__(self, body: Body, lanes: Lanes, rows: int, capture: Capture) -> None:
        self._body, self._lanes, self._capture = body, lanes, capture
        size = (rows, 1)
        self._ids = torch.zeros(size, dtype=torch.long, device=body.device)
        self._at = Layout(*(torch.zeros(size, dtype=torch.long, device=body.device) for _ in Layout._fields))
        self._plain_steps = 0
        self._captured: Work | None = None

    def ready(self) -> bool:
        """Whether it is worth the capture; asked once a step."""
        self._plain_steps += 1
        return self._plain_steps > PATIENCE_STEPS

    def step(self, ids: torch.Tensor, at: Layout, launched: Work) -> torch.Tensor:
        """(rows, vocabulary) logits of one more token a row, like those of `launched`, the same step done plainly.

        The first replay is compared with it. RuntimeError where they differ, or whatever a capture raises.
        """
        for held, new in zip((self._ids, *self._at), (ids, *at), strict=True):
            held.copy_(new)
        self._point()
        if self._captured is None:
            expected = launched()
            self._captured = self._capture(self._work)
            made = self._captured()
            off = float((made - expected).abs().max() / expected.std())
            if not off <= _ALIKE:
                raise RuntimeError(f"a captured step lies {off:.3g} deviations from a launched one")
            return expected
        return self._captured()

    def _point(self) -> None:
        for lane in self._lanes.kinds.values():
            lane.point()

    def _work(self) -> torch.Tensor:
        return self._body.logits(self._lanes.run(self._body, self._ids, self._at, fixed=True)[:, -1])
