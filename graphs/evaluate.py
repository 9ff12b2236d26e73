"""`prelim evaluate`: a task on data whose truth is known, and what follows from it for this site.

Add a task: a file `evaluate_NAME.py` with one function that returns `Evaluated`, and a line in `TASKS`.
"""

from collections.abc import Callable

from graphs.evaluate_chat import chat
from graphs.evaluate_findings import findings
from graphs.evaluate_labs import labs
from graphs.evaluate_localization import localization
from graphs.evaluate_longitudinal import longitudinal
from graphs.evaluate_report import report
from graphs.evaluate_retrieval import retrieval
from graphs.evaluation import Options
from prelim.errors import InputError
from prelim.evaluated import Evaluated
from prelim.settings import Settings
from tools.tool import Context, open_context

Task = Callable[[Context, str, Options], Evaluated]
"""(context, DATA, options) → figures. DATA is a path or the word phantom; its form is the task's own."""

TASKS: dict[str, Task] = {
    "findings": findings,
    "localization": localization,
    "longitudinal": longitudinal,
    "labs": labs,
    "report": report,
    "retrieval": retrieval,
    "chat": chat,
}
"""What can be evaluated."""


def evaluate(
    settings: Settings, task: str, data: str, options: Options, progress: Callable[[str], None] = lambda text: None
) -> Evaluated:
    """Evaluate a task. InputError unknown_task, and the task's own."""
    if task not in TASKS:
        raise InputError("unknown_task", f"No task is called '{task}'.", f"Known: {', '.join(TASKS)}.")
    return TASKS[task](open_context(settings, progress, f"evaluate-{task}"), data, options)
