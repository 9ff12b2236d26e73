"""Answers that hold results against a value: those on its side, or how near the others come."""

from collections.abc import Sequence

from agents.answer_words import Told, day_of, listed, stated, value_of
from agents.bounds import Bound, holds
from prelim.answer import AnswerStatement
from prelim.types import Record

_SHOWN = 30


def against(pool: Sequence[Record], bound: Bound, days: str, count: bool) -> Told:
    """The results on a side of a value, the latest first; `count`: only how many. Where none is, the nearest of all.

    What cannot be held against it (no number, another unit) is said and never counted.
    """
    held = {record.id: holds(record, bound) for record in pool}
    found = [one for one in reversed(pool) if held[one.id]]
    known = [one for one in pool if held[one.id] is not None]
    told = [_how_many(found, known, bound, days)] if known else []
    told += [] if count else [_told(one) for one in found[:_SHOWN]]
    told += [] if count or found else [_told(one, "The nearest: ") for one in _nearest(known, bound)]
    unknown = [one for one in pool if held[one.id] is None]
    return Told((*told, *_unknown(unknown, bound)))


def _how_many(found: Sequence[Record], known: Sequence[Record], bound: Bound, days: str) -> AnswerStatement:
    verb = "is" if len(found) == 1 else "are"
    text = f"{len(found) or 'None'} of {len(known)} results of {known[0].title}{days} {verb} {bound.words}."
    return stated(text, (found or known)[:100])


def _told(record: Record, head: str = "") -> AnswerStatement:
    return stated(f"{head}{record.title} was {value_of(record)} on {day_of(record)}.", [record])


def _nearest(known: Sequence[Record], bound: Bound) -> list[Record]:
    """The result that comes nearest to being on that side; of results in several units none."""
    if len({one.unit for one in known}) != 1:
        return []
    pick = max if bound.side in ("above", "at least") else min
    return [pick(known, key=lambda one: one.value or 0)]


def _unknown(unknown: Sequence[Record], bound: Bound) -> list[AnswerStatement]:
    if not unknown:
        return []
    verb = "is 1 result that" if len(unknown) == 1 else f"are {len(unknown)} results that"
    head = stated(f"There {verb} cannot be held against {bound.words}.", unknown[:100])
    return [head, *listed(list(reversed(unknown)))]
