"""What a model may answer where it writes JSON: schemas, and the one way to print them.

`dump` is what the embedded model is trained on and what the grammar enforces, character for character.
"""

import json
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel

ITEM_SEPARATOR, KEY_SEPARATOR = ", ", ": "
BOX_OPENING = "Final Answer:\n```json\n"
"""What stands between the free words of a localization and its array."""
BOX_CLOSING = "\n```"
LAB_LINES_PER_QUESTION = 4

Thousandth = Annotated[int, Field(ge=0, le=1000)]
Printed = Annotated[str, Field(max_length=40)]


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


class LabRowAnswers(RootModel[Annotated[list[LabRowAnswer], Field(max_length=LAB_LINES_PER_QUESTION)]]):
    """The rows of one block of lab lines, in their order."""


def dump(items: Sequence[Answer]) -> str:
    """The canonical text of an answer's array."""
    rows = [item.model_dump() for item in items]
    return json.dumps(rows, separators=(ITEM_SEPARATOR, KEY_SEPARATOR), ensure_ascii=False)
