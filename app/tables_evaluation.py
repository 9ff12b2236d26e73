"""What an evaluation found in lines for a terminal."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.tables import table
from tools.figure_names import name_of

if TYPE_CHECKING:
    from graphs.evaluate_findings import EvaluatedFindings, LabelResult
    from prelim.evaluated import Evaluated, Matrix, Metric


def evaluated(found: "Evaluated") -> str:
    """Figures with their intervals, what was fitted, what was not measured and why."""
    from graphs.evaluate_findings import EvaluatedFindings

    model = f"{found.model.name} {found.model.digest[:12]}"
    counted = ", ".join(f"{count} {name}" for name, count in found.counts.items())
    fitted = _fitted(found) if isinstance(found, EvaluatedFindings) else []
    parts = [
        f"{found.task} of {model} on {found.data}" + (f": {counted}" if counted else ""),
        *fitted,
        table(("figure", "of", "value", "95% interval", "n"), (_figure(found.task, one) for one in found.metrics)),
        *(_matrix(one) for one in found.matrices),
        _lines("not asked", (f"{count} × {reason}" for reason, count in found.declined.items())),
        _lines("not used", (f"line {one.line}: {one.message}" for one in found.problems if one.line)),
        _lines("not used", (f"{one.image}: {one.message}" for one in found.problems if not one.line)),
        _lines("not computed", found.not_computed),
        f"not written: {found.not_written}" if found.not_written else "written: calibration.json" if fitted else "",
    ]
    return "\n\n".join(filter(None, parts))


def _lines(word: str, texts: Iterable[str]) -> str:
    return "\n".join(f"{word}: {text}" for text in texts)


def _figure(task: str, one: "Metric") -> tuple[object, ...]:
    interval = "" if one.low is None or one.high is None else f"{one.low:.3f} to {one.high:.3f}"
    return name_of(task, one.name), one.label or "all", _number(one.value), interval, one.n


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _matrix(one: "Matrix") -> str:
    rows = [(name, *counts) for name, counts in zip(one.rows, one.counts, strict=True)]
    return table((one.name, *one.columns), rows)


# ------------------------------------------------------------------ findings


def _fitted(found: "EvaluatedFindings") -> list[str]:
    """The labels, each without and with its calibration; where the calibration went."""
    columns = ("finding", "n", "there", "sens.", "spec.", "F1", "abstained", "ECE", "Brier", "T", "absent", "present")
    notes = [f"{one.label}: {reason}" for one in found.labels for reason in one.why]
    fit_on, held_out = found.groups
    return [
        f"{found.read} of {found.images} images read, {found.unreadable} judged unreadable; "
        f"fitted on {fit_on} patients, measured on {held_out} others (uncalibrated → calibrated)",
        table(columns, (_label(one) for one in found.labels)),
        f"macro F1: {_change(found.macro_f1_before, found.macro_f1_after)}",
        _lines("conservative margin", notes),
    ]


def _label(one: "LabelResult") -> tuple[object, ...]:
    before, after = one.before, one.after
    rates = [
        _change(getattr(before, name), getattr(after, name))
        for name in ("sensitivity", "specificity", "f1", "abstention", "ece", "brier")
    ]
    limits = (
        "–" if one.absent_below is None else f"≤ {one.absent_below:.2f}",
        "–" if one.present_above is None else f"≥ {one.present_above:.2f}",
    )
    temperature = "–" if one.temperature is None else f"{one.temperature:.2f}"
    return (one.label, after.n, after.positives, *rates, temperature, *limits)


def _change(before: float | None, after: float | None) -> str:
    """Two figures; one where both are printed alike."""
    first, second = _number(before), _number(after)
    return first if first == second else f"{first} → {second}"
