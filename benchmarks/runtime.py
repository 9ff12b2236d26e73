"""The engine beside transformers, in one run, on a model of random weights: the same prompts, the same new tokens.

`other` is transformers as its users call it: one `generate` a question, its images through the tower each time. In the
rows "vision reused and batched" it is transformers at its best: each image once through the tower, eight whole prompts
a batch. The engine begins each time with nothing held. Before anything is timed all ways must answer alike.

On a CPU one thread serves a small model of the 4B's kind in fp32; on a GPU it is the 4B's own shape in bf16.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from benchmarks.agreement import check
from benchmarks.cases import Size, drawn
from benchmarks.figure import Figure, figure
from benchmarks.fractions import decode_fraction, prefill_fraction
from benchmarks.machine import medians_s, name_of, peak_gib
from benchmarks.overhead import overhead_ms
from benchmarks.shapes import build, medgemma_4b, small
from benchmarks.ways import Transformers, ours, ours_at_once

PEER, BEST = "transformers, one generate a question", "transformers, vision reused and batched"
CXR = Size(images=2, findings=36, boxes=3, box_tokens=60, text_tokens=400)
SIZES = {
    "cxr-case": CXR,
    "probes-36": Size(images=1, findings=36),
    "cases-8": CXR,
    "ct-case": Size(images=85, findings=36, text_tokens=300),
}
CPU_SLICES, REDUCED_SLICES, REDUCED_PART = 10, 4, 6
CASES_AT_ONCE = 8
GOALS = {
    "cpu": {"cxr-case": 4.0, "probes-36": 15.0, "cases-8": 1.5, "ct-case": 8.0},
    "cuda": {"cases-8": 4.0, "ct-case": 10.0, "prefill-fraction": 0.45, "decode-fraction": 0.60},
}
OVERHEAD_MS, REQUESTS = 2.0, 30
TIMES, TIMES_OF_THE_LONGEST = 3, 1


def measure(full: bool, only: str = "") -> list[Figure]:
    """All rows, or the one that is named (`ct-case`, say)."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if device.type == "cpu":
        torch.set_num_threads(1)
        model = build(small(), device, torch.float32)
    else:
        model = build(medgemma_4b(), device, torch.bfloat16)
    sizes = {**SIZES, "ct-case": replace(SIZES["ct-case"], images=CPU_SLICES)} if device.type == "cpu" else SIZES
    return Rows(model, full, sizes if full else {name: reduced(size) for name, size in sizes.items()}).measured(only)


def reduced(size: Size) -> Size:
    """A part of all that is asked and of all that is written, and fewer slices."""
    return replace(
        size,
        images=min(size.images, REDUCED_SLICES),
        findings=size.findings // REDUCED_PART,
        box_tokens=size.box_tokens // REDUCED_PART,
        text_tokens=size.text_tokens // REDUCED_PART,
    )


@dataclass
class Rows:
    """The rows of one model. Goals are those of the full sizes."""

    model: Any
    full: bool
    sizes: Mapping[str, Size]
    figures: list[Figure] = field(default_factory=list)

    def measured(self, only: str = "") -> list[Figure]:
        """DisagreeError unless all ways answer alike; else the rows, or the one that is named."""
        check(self.model, drawn(self.model, Size(images=2, findings=4, boxes=2, box_tokens=8, text_tokens=24), seed=0))
        rows: dict[str, Callable[[str], None]] = {
            "cxr-case": self._beside,
            "probes-36": self._beside,
            "cases-8": self._at_once,
            "ct-case": self._beside,
            "overhead": self._overhead,
        }
        if self.model.device.type == "cuda":
            rows |= {"prefill-fraction": self._prefill, "decode-fraction": self._decode}
        for name in [only] if only else rows:
            rows[name](name)
        return self.figures

    def _add(self, name: str, ours: float, unit: str, note: str, **more: Any) -> None:
        goal = GOALS[self.model.device.type].get(name) if self.full else None
        given = {"goal": goal, "device": name_of(self.model.device), "note": note, **more}
        self.figures.append(figure(f"runtime/{name}", ours, unit, **given))

    def _beside(self, name: str) -> None:
        """One case by all ways."""
        size = self.sizes[name]
        case = drawn(self.model, size, seed=1, labelled=name == "ct-case")
        peer, best = Transformers(self.model), Transformers(self.model, batch=8, reuse=True)
        times = TIMES_OF_THE_LONGEST if self.full and name == "ct-case" else TIMES
        ways = {PEER: lambda: peer(case), BEST: lambda: best(case), "ours": lambda: ours(self.model, [case])}
        taken, note = medians_s(self.model.device, ways, times), f"{size}; median of {times}"
        self._add(name, taken["ours"], "s", note, other=taken[PEER], other_name=PEER)
        beside = f"{name}, vision reused and batched"
        self._add(beside, taken["ours"], "s", note, other=taken[BEST], other_name=BEST)
        if self.model.device.type == "cuda":
            one = replace(case, probes=case.probes[:1], boxes=(), texts=())
            mine, its = (peak_gib(case.pixels.device, way) for way in (ways["ours"], lambda: peer(one)))
            self._add(f"{name}, peak memory", mine, "GiB", f"{size}", other=its, other_name=PEER)

    def _at_once(self, name: str) -> None:
        """Cases of different images at once, a caller each, and one after another."""
        cases = [drawn(self.model, self.sizes[name], seed) for seed in range(CASES_AT_ONCE)]
        ways = {"in turn": lambda: ours(self.model, cases), "at once": lambda: ours_at_once(self.model, cases)}
        taken = medians_s(self.model.device, ways, TIMES)
        note = f"{CASES_AT_ONCE} cases of {self.sizes[name]}; median of {TIMES}"
        self._add(name, taken["at once"], "s", note, other=taken["in turn"], other_name="ours, one case after another")

    def _overhead(self, name: str) -> None:
        """Absolute, in ms; the goal is that of a single question."""
        for findings, row, goal in ((1, name, OVERHEAD_MS), (12, f"{name}, 24 questions", None)):
            note = f"{2 * findings} questions a request, 2 images held; median of {REQUESTS}"
            self._add(row, overhead_ms(self.model, findings, REQUESTS), "ms", note, goal=goal)

    def _prefill(self, name: str) -> None:
        case = drawn(self.model, self.sizes["ct-case"], seed=1, labelled=True)
        note = f"of its own matmul ceiling; {case.size.images} images, tower included"
        self._add(name, prefill_fraction(self.model, case), "1", note, more_is_better=True)

    def _decode(self, name: str) -> None:
        case = drawn(self.model, self.sizes["cxr-case"], seed=1)
        note = f"of its own copy ceiling; one text behind {case.size.images} images, text weights and what it looks at"
        self._add(name, decode_fraction(self.model, case), "1", note, more_is_better=True)
