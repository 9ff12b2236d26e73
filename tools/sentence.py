"""Sentence: the model's one report sentence for the facts of a finding."""

from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import Value
from tools.tool import Context, tool


class Sentence(Value):
    """What the model wrote; None where its card declines the task or it gave no answer."""

    text: str | None


@tool()
def sentence(context: Context, *, facts: str) -> Sentence:
    """Ask for one sentence that says exactly these facts, one a line. Unchecked: see agents/verifier.py."""
    if context.model.card.declines("sentence"):
        return Sentence(text=None)
    answer = context.model.invoke(ask(render("sentence", facts=facts)))
    return Sentence(text=" ".join(str(answer.content).split()) or None)
