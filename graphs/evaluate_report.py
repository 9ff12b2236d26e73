"""Drafts held against the reports that people wrote of the same cases: labels, sides, and what the verifier said.

Both reports are read by the product's own reader of reports, so that what it misreads of either counts as a difference.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from graphs.evaluation import PHANTOM, Options, file_of, source_of
from graphs.replay import run
from memory.artifacts import Artifacts
from memory.history import History
from memory.records import report_text
from prelim.draft import Draft, Statement
from prelim.errors import InputError, RefusedError, UnavailableError
from prelim.evaluated import Evaluated, Metric, Problem
from prelim.models.bootstrap import f1, macro, metric, ratio
from prelim.types import State
from tools.drawn_report import drawn_cases
from tools.intake import identify, scan
from tools.radgraph import radgraph_f1
from tools.report_truth import Named, Reported, named_in, read_reported
from tools.tool import Context

_POLARITIES: dict[str, State] = {"positive": "present", "negative": "absent"}


class Compared(NamedTuple):
    """A draft's own report beside the reference: their texts, the draft's statements, and why what was not asked."""

    group: str
    written: str
    reference: str
    statements: tuple[Statement, ...] = ()
    declined: tuple[str, ...] = ()

    @property
    def named(self) -> tuple[Named, Named]:
        """What the draft names, and what the reference names."""
        return named_in(self.written), named_in(self.reference)


def report(context: Context, data: str, options: Options) -> Evaluated:
    """Draft every case and compare. Nothing is written, nobody alerted. InputError not_found, bad_truth, no_example."""
    cases, problems, source = _given(data, options)
    compared: list[Compared] = []
    for number, case in enumerate(cases, start=1):
        context.progress(f"{number} cases")
        try:
            compared.append(_compare(context, case))
        except (InputError, RefusedError) as error:
            problems.append(Problem(line=case.line, image=case.name, code=error.code, message=error.message))
    scores, missing = _radgraph(compared, options.seed)
    return Evaluated(
        task="report",
        model=context.identity,
        data=source,
        seed=options.seed,
        metrics=(*figures(compared, options.seed), *scores),
        counts={"cases": len(compared), **counts_of(compared)},
        declined=dict(sorted(Counter(reason for one in compared for reason in one.declined).items())),
        problems=tuple(problems),
        not_computed=missing,
    )


def _given(data: str, options: Options) -> tuple[Iterable[Reported], list[Problem], str]:
    if data == PHANTOM:
        return drawn_cases(options.drawn, options.seed), [], f"{options.drawn} drawn cases, seed {options.seed}"
    path = file_of(data)
    cases, problems = read_reported(path)
    if not cases:
        first = f" The first problem: {problems[0].message}" if problems else ""
        raise InputError("no_example", f"{path.name} names no case that can be used.{first}", "Mend it.", path.name)
    return cases, problems, source_of(path)


def _compare(context: Context, case: Reported) -> Compared:
    with TemporaryDirectory(prefix="prelim-") as scratch:
        draft = _drafted(context, case.place(Path(scratch)), Path(scratch) / "stores")
    sections = draft.sections
    told = (*sections.findings, *sections.impression, *sections.recommendation)
    declined = tuple(one.reason for one in draft.not_assessed)
    return Compared(case.group, report_text(sections), case.report, told, declined)


def _drafted(context: Context, path: Path, stores: Path) -> Draft:
    """A case's draft, over stores of its own: no case is registered, no history read or written."""
    history = History(stores / "history.db", stores / "index", context.history.encoder)
    here = replace(
        context, open_model=lambda: context.model, artifacts=Artifacts(stores / "artifacts"), history=history, taken={}
    )
    manifest = scan(path, here.artifacts)
    who = identify(manifest, here.artifacts, None, here.key_of)
    sha256 = here.artifacts.put_json(manifest.model_dump(mode="json"))
    state = run(here, {"case_id": "c-evaluated", "patient_key": who.patient_key, "manifest_sha256": sha256})
    return Draft.model_validate(state["draft"])


# ------------------------------------------------------------------ figures


def figures(compared: Sequence[Compared], seed: int) -> list[Metric]:
    """Micro and macro F1 of what is named as present and as absent, each label's F1, and sides."""
    groups, named = [one.group for one in compared], [one.named for one in compared]
    labels = sorted({label for pair in named for one in pair for label in one.states})
    found = []
    for polarity, state in _POLARITIES.items():
        sums = np.array([[_sums(pair, label, state) for label in labels] for pair in named], dtype=float)
        sums = sums.reshape(len(named), len(labels), 3)
        n = int(sums[..., [0, 2]].sum())
        found.append(metric("micro_f1", groups, sums.sum(axis=1), f1, seed=seed, label=polarity, n=n))
        wide = sums.reshape(len(named), -1)
        found.append(metric("macro_f1", groups, wide, macro(f1, 3), seed=seed, label=polarity, n=n))
        for place, label in enumerate(labels):
            mine = sums[:, place]
            n = int(mine[:, [0, 2]].sum())
            found.append(metric("f1", groups, mine, f1, seed=seed, label=f"{label} {polarity}", n=n))
    sides = np.array([_sides(pair) for pair in named], dtype=float).reshape(-1, 2)
    return [*found, metric("side_right", groups, sides, ratio, seed=seed, n=int(sides[:, 1].sum()))]


def _sums(pair: tuple[Named, Named], label: str, state: State) -> tuple[bool, bool, bool]:
    """Named by both, by the draft alone, by the reference alone."""
    mine, theirs = (one.states.get(label) == state for one in pair)
    return mine and theirs, mine and not theirs, theirs and not mine


def _sides(pair: tuple[Named, Named]) -> tuple[int, int]:
    """Of what both name as present, with a side in the reference: how often the sides are the same, and how often."""
    mine, theirs = pair
    both = [label for label in mine.sides.keys() & theirs.sides.keys() if theirs.sides[label] - {None}]
    return sum(mine.sides[label] == theirs.sides[label] for label in both), len(both)


def counts_of(compared: Sequence[Compared]) -> dict[str, int]:
    """The statements of findings, impression and recommendation: by their support, and by who wrote them."""
    counted: Counter[str] = Counter()
    for one in compared:
        for statement in one.statements:
            counted.update(("statements", f"statements {statement.support}", f"statements by {statement.source}"))
    return dict(sorted(counted.items()))


def _radgraph(compared: Sequence[Compared], seed: int) -> tuple[tuple[Metric, ...], tuple[str, ...]]:
    """RadGraph-F1, or why there is none."""
    try:
        each = radgraph_f1([one.written for one in compared], [one.reference for one in compared])
    except UnavailableError as error:
        return (), (f"radgraph_f1: {error}",)
    rows = [(one, 1) for one in each]
    return (metric("radgraph_f1", [one.group for one in compared], rows, ratio, seed=seed),), ()
