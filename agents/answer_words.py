"""What all answers are made of: records as sources, their days and passages, and records told one by one."""

from collections.abc import Sequence
from typing import NamedTuple

from agents.reports import gist_of
from prelim.answer import AnswerStatement, Quoted
from prelim.types import Record

QUOTE_CHARS = 400
SHOWN = 10
_CITED = 100
_TEXTS = ("report", "note")


class Told(NamedTuple):
    """What a look-up found, as statements; where it found nothing, `missing` says what the record does not hold.

    `beside` is then what comes nearest: told, and no answer.
    """

    statements: tuple[AnswerStatement, ...] = ()
    missing: str = ""
    beside: tuple[AnswerStatement, ...] = ()


def quoted(record: Record, start: int = 0) -> Quoted:
    """A record as a source: its words, of a long text those from `start`."""
    return Quoted(record=record.id, quote=record.text[start : start + QUOTE_CHARS], date=record.date)


def stated(text: str, records: Sequence[Record]) -> AnswerStatement:
    """A statement that rests on whole records."""
    return AnswerStatement(text=text, evidence=tuple(quoted(record) for record in records))


def days_of(since: str | None, until: str | None) -> str:
    """The days of a window in words: " between 2011-01-01 and 2011-12-31"; empty where it sets none."""
    if since and until:
        return f" on {since}" if since == until else f" between {since} and {until}"
    return f" since {since}" if since else f" until {until}" if until else ""


def within_days(record: Record, since: str | None, until: str | None) -> bool:
    """Whether a record's day lies in a window; an undated one lies in none that has bounds."""
    if not (since or until):
        return True
    return bool(record.date) and (since or "") <= (record.date or "") <= (until or "9999")


def passage_of(record: Record) -> str:
    """The sentence of a text that answers, or its gist."""
    start, end = record.passage or gist_of(record.text)
    return " ".join(record.text[start:end].split())


def day_of(record: Record) -> str:
    """A record's day in words."""
    return record.date or "undated"


def value_of(record: Record) -> str:
    """A result as it is recorded: value and unit, nothing rounded."""
    if "value_text" in record.data:
        return f"{record.data['value_text']} {record.data.get('unit') or ''}".strip()
    rest = record.text.removeprefix(record.title).strip(" ,:")
    return rest or record.text


def listed(found: Sequence[Record], shown: int = SHOWN) -> list[AnswerStatement]:
    """A statement a record, and how many there are beside."""
    statements = [AnswerStatement(text=told(one), evidence=(quoted(one, _start(one)),)) for one in found[:shown]]
    if len(found) > shown:
        rest = found[shown:]
        text = f"There are {len(rest)} more."
        statements.append(AnswerStatement(text=text, evidence=tuple(quoted(one) for one in rest[:_CITED])))
    return statements


def _start(record: Record) -> int:
    """Where a quote begins: a text with the sentence that answers, for its head names the patient."""
    return (record.passage or gist_of(record.text))[0] if record.type in _TEXTS else 0


def told(record: Record) -> str:
    """A record in one sentence: a text by the sentence that answers, all else by what it is and its day."""
    if record.type in _TEXTS:
        return f"{record.title} ({day_of(record)}): “{passage_of(record)}”"
    if record.type == "finding" and record.data.get("sentence"):
        return f"Report ({day_of(record)}): “{' '.join(record.data['sentence'].split())}”"
    if record.type in ("study", "imaging"):
        return f"{record.text or record.title} of {day_of(record)}."
    recorded = "recorded " if record.type in ("condition", "medication", "allergy") else ""
    return f"{record.text.rstrip('.')} ({recorded}{day_of(record)})."
