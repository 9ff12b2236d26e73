"""Images with known findings, probed as triage does: each answer beside its truth, and what gave none."""

import hashlib
from collections import Counter
from pathlib import Path

from graphs.asked_examples import study_at
from graphs.evaluation import Given, Options, given
from prelim.evaluated import Problem
from prelim.models.fitting import Labelled
from prelim.models.questions import Answers, Presence
from tools.drawn import drawn_films
from tools.layouts.findings import LAYOUTS
from tools.layouts.sheet import read_layout
from tools.probing import Probing, probing
from tools.tool import Context
from tools.triage import readable
from tools.truth import Example, Truth


def examples_of(data: str, options: Options) -> Given[Example]:
    """The images of a table of a known layout, or drawn ones. InputError not_found, bad_truth, no_example."""
    return given(data, options, lambda path, source: read_layout(path, LAYOUTS, source), drawn_films, "drawn films")


def probed(context: Context, scratch: Path, example: Example) -> Probing:
    """What is said of one image, as triage asks. InputError and RefusedError of intake."""
    study = study_at(context, example.place(scratch), example.image, example.stated)
    return probing(context, study=study)


class Tally:
    """What the images so far came to: answers with their truth by table and label, and all that was not measured.

    `halves` are those to fit on and those held out.
    """

    def __init__(self, context: Context, seed: int, given: Given[Example]) -> None:
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

    def take(self, example: Example, said: Probing | Problem) -> None:
        """Count one image."""
        if isinstance(said, Problem):
            self.problems.append(said)
            return
        if said.quality is not None:
            if readable(self.context, said) != "readable":
                self.unreadable += 1
                return
            self.read += 1
            self.groups[is_held_out(example.group, self.seed)].add(example.group)
        for truth in example.truths:
            self._match(example, said, truth)

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
