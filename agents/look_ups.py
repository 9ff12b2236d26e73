"""The closed list of look-ups that an answer is made of. A plan, whoever made it, holds these and nothing else.

None names a patient: whose record is read is the caller's word.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, ValidationError

from agents.bounds import Bound
from prelim.answer import LookUp
from prelim.errors import InputError
from prelim.types import Laterality, RecordType, Section, Value

Day = str
STEPS = 4
"""More look-ups than this are never made for one question."""
Tell = Literal["value", "date", "count", "range"]
_WORDS = Field(max_length=200)
_DAY = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="ISO day, inclusive")


class Results(Value):
    """Results of one laboratory test or vital sign, as recorded: the latest, the first, the highest, those of a time.

    `tell`: its value, its day, how many there are, or how it lies in its reference range. `bound`: a value that they
    are held against; with `count` null those that lie on its side.
    """

    test: str = _WORDS
    specimen: str | None = Field(default=None, max_length=40)
    since: Day | None = _DAY
    until: Day | None = _DAY
    near: Day | None = _DAY
    order: Literal["latest", "oldest", "highest", "lowest", "nearest"] = "latest"
    count: int | None = Field(default=1, ge=1, description="How many of that order; null for all")
    skip: int = Field(default=0, ge=0, description="How many of that order come before the one asked for")
    tell: Tell = "value"
    bound: Bound | None = None


class Trend(Value):
    """One laboratory test or vital sign over time: every result, the oldest first, and whether it rises or falls."""

    test: str = _WORDS
    specimen: str | None = Field(default=None, max_length=40)
    since: Day | None = _DAY
    until: Day | None = _DAY


class Records(Value):
    """Search of the record: reports, notes, examinations, procedures, visits, by kind, words and time."""

    types: tuple[RecordType, ...] = ()
    mentions: str = Field(default="", max_length=200, description="Words that a record has to mention")
    since: Day | None = _DAY
    until: Day | None = _DAY
    order: Literal["latest", "oldest", "nearest"] = "latest"
    near: Day | None = _DAY
    count: int | None = Field(default=None, ge=1)
    skip: int = Field(default=0, ge=0)
    tell: Literal["value", "date", "count"] = "value"
    images: bool = Field(default=False, description="Examinations with images and what was said of them")
    flagged: bool = Field(default=False, description="Only results outside their reference range")


class Background(Value):
    """Problems, medications or allergies on record, all or those that mention some words; `active`: not ended.

    `ended`: only what has ended.
    """

    kind: Literal["condition", "medication", "allergy"]
    mentions: str = Field(default="", max_length=200)
    active: bool = False
    ended: bool = False
    since: Day | None = _DAY
    until: Day | None = _DAY
    tell: Literal["value", "date", "count"] = "value"


class Findings(Value):
    """Findings on the case's images and in earlier reports: stated or denied, their side and their course."""

    label: str | None = Field(default=None, max_length=60, description="A finding's name; null for all")
    mentions: str = Field(default="", max_length=200, description="Its words in the record, where they are others")
    side: Laterality | None = None
    since: Day | None = _DAY
    until: Day | None = _DAY


class Statements(Value):
    """Sentences of the case's draft report, of one section or those that mention some words."""

    section: Section | None = None
    mentions: str = Field(default="", max_length=200)


class ImageQuestion(Value):
    """A closed question about one finding on the case's image, put to the model both ways: present, absent, unsure."""

    label: str = _WORDS
    side: Laterality | None = None


class Place(Value):
    """Where on the case's image a finding lies: its box in the image's pixels."""

    label: str = _WORDS
    side: Laterality | None = None


class Compare(Value):
    """How findings changed between the examinations of two days, or since the nearest earlier one."""

    label: str | None = Field(default=None, max_length=60)
    earlier: Day | None = _DAY
    later: Day | None = _DAY


LOOK_UPS: Mapping[str, type[Value]] = {
    "results": Results,
    "trend": Trend,
    "records": Records,
    "background": Background,
    "findings": Findings,
    "statements": Statements,
    "image_question": ImageQuestion,
    "place": Place,
    "compare": Compare,
}


def look_up(name: str, arguments: Value) -> LookUp:
    """A look-up as it is planned: plain JSON, without what is left at its default."""
    return LookUp(name=name, arguments=arguments.model_dump(mode="json", exclude_defaults=True))


def arguments_of(step: LookUp) -> Value:
    """A step's arguments, checked. InputError unknown_look_up, bad_look_up."""
    asked = LOOK_UPS.get(step.name)
    if asked is None:
        raise InputError(
            "unknown_look_up", f"No look-up is called '{step.name[:40]}'.", f"Known: {', '.join(LOOK_UPS)}."
        )
    try:
        return asked.model_validate(dict(step.arguments))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        remedy = f"It takes {', '.join(asked.model_fields)}; days are written as 2026-03-02."
        raise InputError("bad_look_up", f"{step.name}: {name or 'arguments'}: {first['msg']}.", remedy) from error
