"""An evaluation as a page: figures with intervals, drawings, what was not measured. One file, nothing from outside."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from prelim.errors import InputError
from prelim.evaluated import Evaluated, Metric
from tools.figure_names import FIGURES, UNCALIBRATED, name_of
from tools.page import environment, template
from tools.plots import bars_of, cells_of, number, plots_of


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
    known = FIGURES.get(found.task, {})
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
            meanings=[words for name, words in known.items() if any(one.name == name for one in shown)],
            labels=getattr(found, "labels", ()),
            title=partial(name_of, found.task),
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


def interval(metric: Metric) -> str:
    """The two ends of an interval; empty where there is none."""
    return "" if metric.low is None or metric.high is None else f"{metric.low:.3f} to {metric.high:.3f}"
