"""Lab reports whose rows are known: how many rows are read right, as a whole and by their fields.

A row is right where name, value with its comparator, and unit agree. F1 of all rows together is `micro_f1`; `macro_f1`
is the mean over the reports. The card of MedGemma gives a macro F1 of lab extraction and does not say over what.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np

from graphs.evaluation import PHANTOM, Options, file_of, source_of
from memory.artifacts import Artifacts
from prelim.errors import InputError, RefusedError
from prelim.evaluated import Evaluated, Metric, Problem
from prelim.models.bootstrap import f1, metric, ratio
from prelim.types import LabResult
from tools.alone import lab_files
from tools.lab_pairs import Sheet, drawn_sheets, read_sheets
from tools.lab_truth import ROW, LabTruth, differences, pairs
from tools.tool import Context

_FIELDS = {"name": {"name"}, "value": {"name", "value", "comparator"}, "unit": {"name", "unit"}, "row": set(ROW)}
"""What has to agree for a field of a row to count as read."""


class Counts(NamedTuple):
    """One report: rows read, rows that are there, and by field those that agree."""

    sheet: str
    read: int
    there: int
    right: dict[str, int]

    def sums(self, field: str) -> tuple[int, int, int]:
        """True positives, false positives, missed: what F1 is made of."""
        right = self.right[field]
        return right, self.read - right, self.there - right


def labs(context: Context, data: str, options: Options) -> Evaluated:
    """Read every report of a folder, or drawn ones. InputError not_found, no_example."""
    sheets, problems, source = _given(data, options)
    counted: list[Counts] = []
    declined: Counter[str] = Counter()
    for number, sheet in enumerate(sheets, start=1):
        context.progress(f"{number} reports")
        try:
            counted.append(_read(context, sheet, declined))
        except (InputError, RefusedError) as error:
            problems.append(Problem(image=sheet.name, code=error.code, message=error.message))
    return Evaluated(
        task="labs",
        model=context.identity,
        data=source,
        seed=options.seed,
        metrics=tuple(figures(counted, options.seed)),
        counts={
            "reports": len(counted),
            "rows read": sum(one.read for one in counted),
            "rows there": sum(one.there for one in counted),
        },
        declined=dict(sorted(declined.items())),
        problems=tuple(problems),
    )


def _given(data: str, options: Options) -> tuple[Iterable[Sheet], list[Problem], str]:
    if data == PHANTOM:
        return drawn_sheets(options.drawn, options.seed), [], f"{options.drawn} drawn reports, seed {options.seed}"
    folder = file_of(data)
    sheets, problems = read_sheets(folder)
    if not sheets:
        raise InputError("no_example", f"{folder.name} holds no report with its rows.", "Mend it.", folder.name)
    return sheets, problems, source_of(folder)


def _read(context: Context, sheet: Sheet, declined: Counter[str]) -> Counts:
    """One report, read as the product reads it. Its text is kept no longer than that."""
    with TemporaryDirectory(prefix="prelim-") as scratch:
        file, truth = sheet.place(Path(scratch))
        here = replace(context, open_model=lambda: context.model, artifacts=Artifacts(Path(scratch) / "artifacts"))
        found = lab_files(here, [file])
    declined.update(text for text in found.warnings if text.startswith("Lab rows have one reader"))
    return counts_of(sheet.name, found.labs, truth)


def counts_of(sheet: str, read: Sequence[LabResult], truth: Sequence[LabTruth]) -> Counts:
    """Hold what was read against what is there."""
    apart = [set(differences(lab, row)) for lab, row in pairs(read, truth, ROW) if lab and row]
    right = {field: sum(not needed & some for some in apart) for field, needed in _FIELDS.items()}
    return Counts(sheet, len(read), len(truth), right)


def figures(counted: Sequence[Counts], seed: int) -> list[Metric]:
    """F1 over rows, over reports and by field; precision and recall of rows. Reports are resampled."""
    names, there = [one.sheet for one in counted], sum(one.there for one in counted)
    rows = np.array([one.sums("row") for one in counted], dtype=float).reshape(-1, 3)
    each = np.array([[f1(one), 1.0] for one in rows if one.sum()]).reshape(-1, 2)
    some = [name for name, one in zip(names, rows, strict=True) if one.sum()]
    found = [
        metric("micro_f1", names, rows, f1, seed=seed, n=there),
        metric("macro_f1", some, each, ratio, seed=seed),
        metric(
            "precision", names, rows[:, :2] @ [[1, 1], [0, 1]], ratio, seed=seed, n=sum(one.read for one in counted)
        ),
        metric("recall", names, rows[:, ::2] @ [[1, 1], [0, 1]], ratio, seed=seed, n=there),
    ]
    for field in ("name", "value", "unit"):
        sums = [one.sums(field) for one in counted]
        found.append(metric("f1", names, sums, f1, seed=seed, label=field, n=there))
    return found
