"""What a model may answer where it writes JSON: schemas, and the one way to print them.

`dump` is what the embedded model is trained on and what the grammar enforces, character for character.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

ITEM_SEPARATOR, KEY_SEPARATOR = ", ", ": "
BOX_OPENING = "Final Answer:\n```json\n"
"""What stands between the free words of a localization and its array."""
BOX_CLOSING = "\n```"
CELL_SEPARATOR = " | "
"""What parts the cells of a lab line in a question."""
_PRINTED_CHARS = 40
_STATEMENT_CHARS = 240

Thousandth = Annotated[int, Field(ge=0, le=1000)]
Printed = Annotated[str, Field(max_length=_PRINTED_CHARS)]
Quoted = Annotated[str, Field(min_length=2, max_length=120)]
"""Words copied from a note."""


class Answer(BaseModel):
    """An object in an answer: no key beyond the schema, else a weak model invents keys until its tokens run out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BoxAnswer(Answer):
    """box_2d is [y0, x0, y1, x1] in thousandths of the zero-padded square; MedGemma's own form."""

    box_2d: Annotated[list[Thousandth], Field(min_length=4, max_length=4)]
    label: Printed


class LabRowAnswer(Answer):
    """One lab row, each cell as printed; an empty string where the row has no such cell."""

    name: Printed
    value: Printed
    unit: Printed
    reference: Printed
    flag: Printed


class BoxAnswers(RootModel[Annotated[list[BoxAnswer], Field(max_length=8)]]):
    """The array of a localization; empty where the finding is not seen."""


class LabLineAnswer(RootModel[Annotated[list[LabRowAnswer], Field(max_length=1)]]):
    """The row that one lab line holds; none where it holds no result."""


class StatementAnswer(Answer):
    """One sentence of a report and the marks of the facts that it says."""

    text: Annotated[str, Field(min_length=1, max_length=_STATEMENT_CHARS)]
    evidence: Annotated[list[str], Field(min_length=1)]


class NoteFactAnswer(Answer):
    """What a note states, in its own words. Whether they stand there is for the caller to see."""

    kind: Literal["problem", "medication", "allergy", "question"]
    text: Quoted
    state: Literal["present", "absent", "uncertain"]


class NoteAnswers(RootModel[Annotated[list[NoteFactAnswer], Field(max_length=12)]]):
    """The facts of a part of a note; none where it states none."""


def row_copied_from(line: str) -> dict[str, Any]:
    """The JSON schema of LabLineAnswer over this line: its row can be copied from the line, never made up.

    A cell of the answer is any run of words of one printed cell ("87.0 mg/L" may be a value and a unit), or empty.
    """
    columns = list(LabRowAnswer.model_fields)
    runs = sorted({run for cell in line.split(CELL_SEPARATOR) for run in _runs(cell.split())})
    cells = {column: {"enum": runs or [""] if column == "name" else ["", *runs]} for column in columns}
    row = {"type": "object", "properties": cells, "required": columns, "additionalProperties": False}
    return {"type": "array", "items": row, "maxItems": 1}


def citing(marks: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of StatementAnswer over these marks: nothing else can be cited."""
    cited = {"type": "array", "items": {"enum": list(marks)}, "minItems": 1, "maxItems": len(marks)}
    text = {"type": "string", "minLength": 1, "maxLength": _STATEMENT_CHARS}
    required = list(StatementAnswer.model_fields)
    properties = {"text": text, "evidence": cited}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _runs(words: Sequence[str]) -> list[str]:
    spans = (" ".join(words[a:b]) for a in range(len(words)) for b in range(a + 1, len(words) + 1))
    return [span for span in spans if len(span) <= _PRINTED_CHARS]


def dump(answer: Answer | Sequence[Answer]) -> str:
    """The canonical text of an answer, or of an array of them."""
    plain = answer.model_dump() if isinstance(answer, Answer) else [item.model_dump() for item in answer]
    return json.dumps(plain, separators=(ITEM_SEPARATOR, KEY_SEPARATOR), ensure_ascii=False)
