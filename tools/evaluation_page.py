"""An evaluation as a page: figures with intervals, drawings, what was not measured. One file, nothing from outside."""

from collections.abc import Sequence
from pathlib import Path

from prelim.errors import InputError
from prelim.evaluated import Evaluated, Metric
from tools.page import environment, template
from tools.plots import bars_of, cells_of, number, plots_of

UNCALIBRATED = "_uncalibrated"
MEANINGS = {
    "macro_f1": ("Macro F1", "mean over labels of F1, of the answers that were given"),
    "macro_f1_forced": ("Macro F1, forced", "no answer may abstain: to be held against published figures"),
    "f1": ("F1", "harmonic mean of precision and recall, of the answers that were given"),
    "f1_forced": ("F1, forced", "no answer may abstain"),
    "abstention": ("Abstention", "share of questions that got no answer"),
    "risk": ("Risk", "share of the answers given that is wrong"),
    "ece": ("Calibration error", "expected calibration error: mean distance of probability and frequency, in ten bins"),
    "aurc": ("Area under risk", "mean share wrong over all shares answered, the surest first"),
    "iou": ("IoU", "intersection over union with the true box; without an answer 0"),
    "iou_at_50": ("IoU at least 0.5", "share of true boxes that are met so well"),
    "no_answer": ("No answer", "share of true boxes for which no box was given"),
    "macro_iou": ("Macro IoU", "mean over labels of intersection over union"),
    "macro_iou_at_50": ("Macro IoU at least 0.5", "mean over labels of the share of boxes that are met so well"),
    "macro_accuracy": (
        "Macro accuracy",
        "mean over better, stable, worse of the share right; an abstention is not right",
    ),
    "macro_accuracy_forced": ("Macro accuracy, forced", "of the order [earlier, later] alone: no answer may abstain"),
    "swap_inconsistency": (
        "Swap inconsistency",
        "share of comparisons where the swapped order did not say the inverse",
    ),
}
"""Figures in words, and what they are."""


def write_evaluation(found: Evaluated, path: Path, notice: str) -> None:
    """Write JSON; where `path` ends in .html the page, and the JSON beside it. InputError not_writable."""
    documents = {path.with_suffix(".json"): found.model_dump_json(indent=1) + "\n"}
    if path.suffix.lower() in (".html", ".htm"):
        documents[path] = page(found, notice)
    elif path.suffix.lower() != ".json":
        documents = {path: documents[path.with_suffix(".json")]}
    for place, text in documents.items():
        try:
            place.write_text(text, encoding="utf-8")
        except OSError as error:
            message = f"{place.name} cannot be written ({error.strerror})."
            raise InputError("not_writable", message, "Name a file in a folder that is there.", place.name) from error


def page(found: Evaluated, notice: str) -> str:
    """The page as HTML."""
    shown = [metric for metric in found.metrics if not metric.name.endswith(UNCALIBRATED)]
    return (
        environment()
        .get_template("evaluation.html.j2")
        .render(
            found=found,
            notice=notice,
            style=template("draft.css") + template("evaluation.css"),
            overall=[metric for metric in shown if metric.label is None and metric.value is not None],
            before=_before(found.metrics),
            plots=plots_of(found.curves),
            bars=bars_of(shown, _before(found.metrics)),
            matrices=[(matrix, cells_of(matrix)) for matrix in found.matrices],
            meanings=[MEANINGS[name] for name in MEANINGS if any(one.name == name for one in shown)],
            labels=getattr(found, "labels", ()),
            title=title,
            number=number,
            interval=interval,
        )
    )


def _before(metrics: Sequence[Metric]) -> dict[tuple[str, str | None], float]:
    """The uncalibrated figures, by name and label."""
    return {
        (metric.name.removesuffix(UNCALIBRATED), metric.label): metric.value
        for metric in metrics
        if metric.name.endswith(UNCALIBRATED) and metric.value is not None
    }


def title(name: str) -> str:
    """A figure's name in words."""
    plain = name.removesuffix(UNCALIBRATED)
    words, _ = MEANINGS.get(plain, (plain[:1].upper() + plain[1:].replace("_", " ").replace("f1", "F1"), ""))
    return words if plain == name else f"{words}, uncalibrated"


def interval(metric: Metric) -> str:
    """The two ends of an interval; empty where there is none."""
    return "" if metric.low is None or metric.high is None else f"{metric.low:.3f} to {metric.high:.3f}"
