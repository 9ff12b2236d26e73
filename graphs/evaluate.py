"""`prelim evaluate`: a task on many images whose truth is known, and what follows from it for this site."""

from collections.abc import Callable

from graphs.evaluate_findings import Evaluation, Options, findings
from prelim.errors import InputError
from prelim.settings import Settings
from tools.tool import Context, open_context

TASKS: dict[str, Callable[[Context, str, Options], Evaluation]] = {"findings": findings}
"""What can be evaluated, on DATA whose form is the task's own."""


def evaluate(
    settings: Settings, task: str, data: str, options: Options, progress: Callable[[str], None] = lambda text: None
) -> Evaluation:
    """Evaluate a task. InputError unknown_task, and the task's own."""
    if task not in TASKS:
        raise InputError("unknown_task", f"No task is called '{task}'.", f"Known: {', '.join(TASKS)}.")
    return TASKS[task](open_context(settings, progress, f"evaluate-{task}"), data, options)
