"""What a question about a case or a patient is answered with: cited statements, or that the record holds nothing."""

from collections.abc import Mapping
from typing import Any, Literal

from prelim.types import Source, Value

Outcome = Literal["answered", "not_in_record", "declined"]


class Quoted(Value):
    """Where an answer's statement rests: a record of the history or an item of the draft, and its own words.

    `record` is the id of a history record, or "CASE_ID/ITEM_ID" of a draft's statement, finding, box, comparison or
    lab row. `date` is the record's day.
    """

    record: str
    quote: str
    date: str | None = None


class AnswerStatement(Value):
    """One sentence of an answer. A sentence that rests on nothing is only ever what the record does not hold."""

    text: str
    evidence: tuple[Quoted, ...] = ()
    source: Source = "template"


class LookUp(Value):
    """One planned look-up: its name in the closed list, and its arguments as plain JSON."""

    name: str
    arguments: Mapping[str, Any] = {}


class Answer(Value):
    """The answer to one question.

    `plan` are the look-ups that were made, planned by rules or by the model; `thread` is what a follow-up question
    names to be understood as one. `warnings` say what a person should know: an instruction found in the question or
    in a quoted document, a wording that nothing was planned from.
    """

    outcome: Outcome
    statements: tuple[AnswerStatement, ...]
    plan: tuple[LookUp, ...] = ()
    planned_by: Literal["rules", "model"] = "rules"
    thread: str = ""
    warnings: tuple[str, ...] = ()
    notice: str = ""

    @property
    def text(self) -> str:
        """The statements as one text."""
        return " ".join(statement.text for statement in self.statements)
