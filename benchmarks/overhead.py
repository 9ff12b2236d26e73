"""What the runtime adds to a request: its wall time less the time inside the model's own parts."""

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from benchmarks.cases import Size, drawn
from benchmarks.machine import seconds, settled
from benchmarks.ways import scored, served

_IMAGES = 2


class Inside:
    """Seconds spent in the tower, the embedding, the layers and the head, none of which calls another."""

    def __init__(self, model: Any) -> None:
        inner = model.model
        self.parts = (inner.vision_tower, inner.language_model.embed_tokens, inner.language_model, model.lm_head)
        self.device, self.seconds, self._begun = model.device, 0.0, 0.0

    def _enter(self, *_: object) -> None:
        settled(self.device)
        self._begun = time.perf_counter()

    def _leave(self, *_: object) -> None:
        settled(self.device)
        self.seconds += time.perf_counter() - self._begun

    @contextmanager
    def watched(self) -> Iterator["Inside"]:
        """While it lasts, every call of a part is timed."""
        hooks = [part.register_forward_pre_hook(self._enter) for part in self.parts]
        hooks += [part.register_forward_hook(self._leave) for part in self.parts]
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()


def overhead_ms(model: Any, findings: int, times: int) -> float:
    """The median of some requests, in ms: new questions each time, their images held, through the queue."""
    case, count, taken = drawn(model, Size(_IMAGES, findings * (times + 1)), seed=0), 2 * findings, list[float]()
    with served(model) as pool, Inside(model).watched() as inside:
        for start in range(0, len(case.probes), count):
            some, before = replace(case, probes=case.probes[start : start + count]), inside.seconds
            whole = seconds(model.device, lambda some=some: scored(pool, some))  # type: ignore[misc]
            taken.append(1e3 * (whole - (inside.seconds - before)))
    return statistics.median(taken[1:])  # the first one's images were not held
