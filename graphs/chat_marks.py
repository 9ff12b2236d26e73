"""Marking an answer against what is known: its outcome, its values, what they are cited to, and whose data they are."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from pydantic import Field, field_validator

from prelim.answer import Answer, AnswerStatement, Outcome
from prelim.types import Value

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?!\d|\.\d)")
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_DAY_FORMS = ("%Y-%m-%d", "{} %B %Y", "{} %b %Y", "%B {}, %Y", "%b {}, %Y", "%d.%m.%Y")
_ANY_DAY = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:T[\d:+.Z-]+)?|\d{1,2}\.\d{1,2}\.\d{4}|\d{1,2} [A-Z][a-z]+ \d{4}|[A-Z][a-z]+ \d{1,2}, \d{4}"
)


class Point(Value):
    """One recorded result: its number or words as recorded, its unit as recorded, its day (ISO); any may be absent."""

    value: str | None = Field(default=None, coerce_numbers_to_str=True)
    unit: str | None = None
    date: str | None = None


class Question(Value):
    """A question to a patient's history or to a case, with what is known of its answer.

    `outcome` are the outcomes that are right. An exact answer names every point, in a statement that holds value, unit
    and day together, the `count`, and `answer_contains` in any letter case; it names none of `not_in_answer`, and none
    of `not_first` before the points. `foreign` are other patients' values and names.
    """

    subject: str
    question: str
    kind: str = ""
    outcome: tuple[Outcome, ...] = ("answered",)
    points: tuple[Point, ...] = ()
    count: int | None = None
    answer_contains: tuple[str, ...] = ()
    not_in_answer: tuple[str, ...] = ()
    not_first: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()

    @field_validator("outcome", "answer_contains", "not_in_answer", "not_first", "foreign", mode="before")
    @classmethod
    def _one_is_some(cls, given: object) -> object:
        return (given,) if isinstance(given, str) else given

    @property
    def is_answerable(self) -> bool:
        """Whether the record holds what is asked for."""
        return self.outcome == ("answered",)


class Mark(Value):
    """How one answer was. `exact` and `cited` are None where nothing is known to be exact about, or nothing is said."""

    outcome: bool
    exact: bool | None
    cited: bool | None
    foreign: bool


def mark(question: Question, answer: Answer) -> Mark:
    """Mark an answer."""
    return Mark(
        outcome=answer.outcome in question.outcome,
        exact=_exact(question, answer) if question.is_answerable else None,
        cited=_cited(question, answer) if answer.outcome == "answered" else None,
        foreign=any(_names(text, one) for one in question.foreign for text in _said(answer)),
    )


def numbers(text: str) -> list[str]:
    """The numbers of a text as printed, those of days and identifiers apart."""
    return _NUMBER.findall(_ANY_DAY.sub(" ", text))


def _exact(question: Question, answer: Answer) -> bool:
    return (
        answer.outcome == "answered"
        and all(any(_holds(one.text, point) for one in answer.statements) for point in question.points)
        and (question.count is None or _counts(answer, question.count))
        and all(words.casefold() in answer.text.casefold() for words in question.answer_contains)
        and not any(_names(answer.text, words) for words in question.not_in_answer)
        and _comes_first(question, answer.text)
    )


def _holds(text: str, point: Point) -> bool:
    """Whether one statement names value, unit and day together."""
    return (
        (point.value is None or _names(text, point.value))
        and (point.unit is None or point.unit in text)
        and (point.date is None or any(form in text for form in _written(point.date)))
    )


def _names(text: str, value: str) -> bool:
    """Whether a number stands in a text as a whole, or words do."""
    return value in numbers(text) if _NUMBER.fullmatch(value) else value.casefold() in text.casefold()


def _written(day: str) -> Iterator[str]:
    """The ways a day is written."""
    when = date.fromisoformat(day)
    return (when.strftime(form.format(when.day)) for form in _DAY_FORMS)


def _counts(answer: Answer, count: int) -> bool:
    """Whether the answer's first statement says so many."""
    first = answer.statements[0].text if answer.statements else ""
    words = re.findall(r"[a-z]+", first.casefold())
    return str(count) in numbers(first) or (count < len(_COUNTS) and _COUNTS[count] in words)


def _comes_first(question: Question, text: str) -> bool:
    """Whether the first of all values in the text is one that was asked for."""
    right = {point.value for point in question.points if point.value}
    told = [number for number in numbers(text) if number in right.union(question.not_first)]
    return not told or told[0] in right


def _cited(question: Question, answer: Answer) -> bool:
    """Whether every statement of a point rests on a quote that holds it; of a wrong answer, whether its numbers do.

    A count rests on so many records, a day on a record of that day.
    """
    if question.count is not None and _counts(answer, question.count):
        return len({quoted.record for one in answer.statements for quoted in one.evidence}) == question.count
    wanted = [point for point in question.points if any(_holds(one.text, point) for one in answer.statements)]
    words = [one for one in question.answer_contains if one.casefold() in answer.text.casefold()]
    if wanted or words:
        return all(_rests(answer.statements, point) for point in wanted) and all(
            any(one.casefold() in quote.casefold() for quote in quotes_of(answer)) for one in words
        )
    return all(_is_quoted(number, answer) for one in answer.statements for number in numbers(one.text) if "." in number)


def _rests(statements: Sequence[AnswerStatement], point: Point) -> bool:
    holding = [one for one in statements if _holds(one.text, point)]
    return any(
        (point.value is None or _names(quoted.quote, point.value))
        and (point.value is not None or point.date in (quoted.date, None) or (point.date or "") in quoted.quote)
        for one in holding
        for quoted in one.evidence
    )


def _is_quoted(number: str, answer: Answer) -> bool:
    return any(number in numbers(quote) for quote in quotes_of(answer))


def quotes_of(answer: Answer) -> list[str]:
    """What an answer's statements rest on, in its own words."""
    return [quoted.quote for one in answer.statements for quoted in one.evidence]


def _said(answer: Answer) -> list[str]:
    return [answer.text, *quotes_of(answer)]
