"""Wrong dates: day, month, year, another date of the draft, the right date's neighbour in another spelling."""

from collections.abc import Iterator
from datetime import date, timedelta

from tests.mutators.drafts import ISO, Json, Mutation, Rng, claim_of, dates_in, statements
from tests.mutators.wordings import Bank, spelt, worded


def mutations(draft: Json, rng: Rng, bank: Bank) -> Iterator[Mutation]:
    """Wrong dates in every statement that has one."""
    known = dates_in(draft)
    for _, one in statements(draft):
        text, claim = one["text"], claim_of(draft, one)
        if claim is not None and claim.since:
            near = spelt(rng, bank, _near(date.fromisoformat(claim.since), rng).isoformat())
            yield Mutation("date", "reworded", one["id"], text, worded(rng, bank, claim, near))
        for found in ISO.finditer(text):
            for way, wrong in _wrong(found.group(), known, rng, bank):
                after = text[: found.start()] + wrong + text[found.end() :]
                yield Mutation("date", way, one["id"], text, after, in_place=True)


def _wrong(day: str, known: list[str], rng: Rng, bank: Bank) -> Iterator[tuple[str, str]]:
    right = date.fromisoformat(day)
    near = _near(right, rng)
    yield "day", near.isoformat()
    yield "month", _replaced(right, month=(right.month - 1 + int(rng.integers(1, 12))) % 12 + 1)
    yield "year", _replaced(right, year=right.year + int(rng.choice([-10, -2, -1, 1, 2])))
    yield "spelt", spelt(rng, bank, near.isoformat())
    if right.day <= 12 and right.day != right.month:
        yield "day for month", date(right.year, right.day, right.month).isoformat()
    others = [one for one in known if one != day]
    if others:
        yield "another's", str(rng.choice(others))


def _near(day: date, rng: Rng) -> date:
    return day + timedelta(int(rng.choice([-9, -3, -2, -1, 1, 2, 3, 10])))


def _replaced(day: date, **parts: int) -> str:
    return day.replace(**{"day": min(day.day, 28), **parts}).isoformat()
