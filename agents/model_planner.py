"""A question that rules do not understand, planned by the model: under a grammar of the closed list, and nothing else.

Function calling is not among what MedGemma was made for: there is no loop of tools, one plan is made and carried out.
"""

from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Literal, Union

from pydantic import Field, create_model

from agents.chart import Chart
from agents.look_ups import LOOK_UPS, STEPS, look_up
from prelim.answer import LookUp
from prelim.models.answers import Answer
from prelim.models.loading import card_of
from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import Value
from tools.tool import Context


@cache
def plan_schema() -> type[Answer]:
    """An object with `steps`, each naming one look-up of the list and its arguments."""
    steps = tuple(_step(name, arguments) for name, arguments in LOOK_UPS.items())
    several: Any = Annotated[list[Union[steps]], Field(max_length=STEPS)]  # type: ignore[valid-type]  # noqa: UP007
    return create_model("PlanAnswer", __base__=Answer, steps=(several, ...))


def _step(name: str, arguments: type[Value]) -> type[Answer]:
    only: Any = Literal[name]
    return create_model(f"Step_{name}", __base__=Answer, look_up=(only, ...), arguments=(arguments, ...))


def model_plan(context: Context, chart: Chart, question: str) -> Sequence[LookUp] | None:
    """The model's look-ups for a question; None where its card declines planning, or it plans none."""
    if card_of(context.settings).declines("planning"):
        return None
    listed = "\n".join(f"{name}: {' '.join((asked.__doc__ or '').split())}" for name, asked in LOOK_UPS.items())
    text = render("planning", look_ups=listed, today=chart.today.isoformat(), question=question)
    answer: Any
    [answer] = context.model.structured_all([ask(text)], plan_schema())
    if answer is None or not answer.steps:
        return None
    return [look_up(step.look_up, step.arguments) for step in answer.steps]
