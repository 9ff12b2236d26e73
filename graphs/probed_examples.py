"""Images with known findings, probed as triage does: each answer beside its truth, and what gave none."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from graphs.evaluation import PHANTOM, Options, file_of, found_in, source_of
from memory.artifacts import Artifacts
from prelim.errors import InputError, RefusedError
from prelim.evaluated import Problem
from prelim.models.fitting import Labelled
from prelim.models.questions import Answers, Presence
from tools.alone import studies_in
from tools.drawn import drawn_films
from tools.layouts.findings import LAYOUTS
from tools.probing import Probing, probing
from tools.tool import Context
from tools.triage import readable
from tools.truth import Example, Truth

_AT_ONCE = 8
"""Images under way: enough for a batch on one machine and for a few servers, few enough for a laptop's memory."""


class Given(NamedTuple):
    """Images to ask about, how many, the lines that cannot be used, what was left out by the reason, and what the data
    is, without its place."""

    examples: Iterable[Example]
    total: int
    problems: Sequence[Problem]
    left_out: Mapping[str, int]
    source: str


class Said(NamedTuple):
    """What came of one image: the probes' answers, or why there are none."""

    example: Example
    probing: Probing | None
    problem: Problem | None = None


def examples_of(data: str, options: Options) -> Given:
    """The images of a table of a known layout, or drawn ones. InputError not_found, bad_truth, no_example."""
    if data == PHANTOM:
        drawn, seed = options.drawn, options.seed
        return Given(drawn_films(drawn, seed), drawn, (), {}, f"{drawn} drawn films, seed {seed}")
    path = file_of(data)
    found = found_in(path, LAYOUTS, options)
    return Given(found.examples, len(found.examples), found.problems, found.left_out, source_of(path))


def probe_all(context: Context, examples: Iterable[Example]) -> Iterator[Said]:
    """Every image probed, in order, some at once."""
    model, waiting = context.model, iter(examples)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="evaluate") as threads:
        while some := list(islice(waiting, 4 * _AT_ONCE)):
            yield from threads.map(lambda example: _ask(replace(context, open_model=lambda: model), example), some)


def _ask(context: Context, example: Example) -> Said:
    """One image's answers. Its pixels are kept no longer than that; the answers are, as every tool's."""
    with TemporaryDirectory(prefix="prelim-") as scratch:
        here = replace(context, artifacts=Artifacts(Path(scratch) / "artifacts"))
        try:
            studies = studies_in(here, example.place(Path(scratch)), example.stated)
            if len(studies) > 1:
                raise InputError("several_studies", f"{example.image} holds {len(studies)} studies.", "Name one each.")
        except (InputError, RefusedError) as error:
            problem = Problem(line=example.line, image=example.image, code=error.code, message=error.message)
            return Said(example, None, problem)
        return Said(example, probing(here, study=studies[0]))


class Tally:
    """What the images so far came to: answers with their truth by table and label, and all that was not measured.

    `halves` are those to fit on and those held out.
    """

    def __init__(self, context: Context, seed: int, given: Given) -> None:
        self.context, self.seed, self.problems = context, seed, list(given.problems)
        self.halves: dict[tuple[str, str], tuple[list[Labelled], list[Labelled]]] = {}
        self.declined = Counter(given.left_out)
        self.groups: dict[bool, set[str]] = {False: set(), True: set()}
        self.read = self.unreadable = 0

    def counts(self, total: int) -> dict[str, int]:
        """Images and patients."""
        return {
            "images": total,
            "read": self.read,
            "unreadable": self.unreadable,
            "patients fitted on": len(self.groups[False]),
            "patients held out": len(self.groups[True]),
        }

    def take(self, said: Said) -> None:
        """Count one image."""
        if said.probing is None:
            self.problems += [said.problem] if said.problem else []
            return
        if said.probing.quality is not None:
            if readable(self.context, said.probing) != "readable":
                self.unreadable += 1
                return
            self.read += 1
            self.groups[is_held_out(said.example.group, self.seed)].add(said.example.group)
        for truth in said.example.truths:
            self._match(said.example, said.probing, truth)

    def _match(self, example: Example, said: Probing, truth: Truth) -> None:
        """The answer to the finding and side that the truth is about; else why there is none."""
        asked = [one for one in said.probed if one.label == truth.label]
        fitting = [one.answers for one in asked if truth.laterality in (None, one.laterality)]
        if fitting:
            half = self.halves.setdefault((said.table, truth.label), ([], []))[is_held_out(example.group, self.seed)]
            half.append(Labelled(max(fitting, key=_weight), truth.present, example.group))
        elif asked:
            known = ", ".join(one.laterality or "unknown side" for one in asked)
            message = f"{truth.label} is asked here by: {known}; not {truth.laterality}."
            self.problems.append(Problem(line=example.line, image=example.image, code="no_such_side", message=message))
        else:
            self.declined[_reason(said, truth.label)] += 1


def _reason(said: Probing, label: str) -> str:
    """Why a label was not asked."""
    reasons = [item.reason for item in said.not_assessed if item.label in (None, label)]
    return reasons[0] if reasons else "Not asked about on images of this kind and region."


def _weight(answers: Answers) -> float:
    """How much answers speak for a finding, of several sides that which speaks most."""
    return Presence(answers.said, answers.present).weight


def is_held_out(group: str, seed: int) -> bool:
    """Which half a patient's images belong to: by a hash, the same on every machine."""
    return hashlib.sha256(f"{seed}:{group}".encode()).digest()[0] % 2 == 1
