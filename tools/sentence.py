"""Sentence: the model's one report sentence for the facts of a finding, and which of them it says."""

from prelim.models.answers import StatementAnswer, citing
from prelim.models.messages import ask
from prelim.prompts import render
from prelim.types import Value
from tools.tool import Context, tool


class Sentence(Value):
    """What the model wrote, and the marks it cites; text None where its card declines the task or it gave no answer."""

    text: str | None
    cites: tuple[str, ...] = ()


@tool()
def sentence(context: Context, *, facts: str, marks: tuple[str, ...], objections: tuple[str, ...] = ()) -> Sentence:
    """Ask for one sentence that says exactly these facts, one a line, each behind one of the marks.

    The answer is held to a grammar in which nothing but the marks can be cited. `objections`: why earlier sentences
    for these facts were refused. Unchecked: see agents/verifier.py.
    """
    if context.model.card.declines("sentence"):
        return Sentence(text=None)
    if objections:
        question = render("sentence", "again", facts=facts, objection="; ".join(dict.fromkeys(objections)))
    else:
        question = render("sentence", facts=facts)
    [answer] = context.model.structured_all([ask(question)], StatementAnswer, [citing(marks)])
    if answer is None:
        return Sentence(text=None)
    return Sentence(text=" ".join(answer.text.split()) or None, cites=tuple(dict.fromkeys(answer.evidence)))
