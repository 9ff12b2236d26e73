"""Questions with their right answers, made by code from public data: kinds × patients × tests × days, two wordings."""

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from benchmarks.question_truth import Fact, Known
from benchmarks.question_words import LOOKALIKES, NEVER, NOT_HAD, NOT_TAKEN, TESTS
from graphs.chat_marks import Point, Question

Wordings = Mapping[str, Sequence[str]]
_REFUSED = ("declined", "not_in_record")
_SPANS = {"year": 1, "two years": 2, "four years": 4, "five years": 5, "eight years": 8, "ten years": 10}
_EDGE = timedelta(days=40)
"""A result this near to a window's edge is not asked for: whether it lies inside would be a matter of words."""
_SHARE = {"other": 0.1, "unanswerable": 0.13}
_OF_TESTS = ("last", "first", "on", "extreme", "trend", "course", "when", "count")
_SMOKING = "72166-2"


def questions(patients: Sequence[Known], wordings: Wordings, count: int, seed: int, free: bool) -> list[Question]:
    """So many different questions, the kinds in turn, two of those about tests. `free`: tests by other names too."""
    rng = random.Random(seed)
    makers = {kind: _shuffled(rng, _of_kind(kind, patients, wordings, rng, free)) for kind in wordings}
    kept: dict[tuple[str, str], Question] = {}
    wanted = {kind: int(count * share) for kind, share in _SHARE.items()}
    for kind, number in wanted.items():
        _take(kept, makers.pop(kind), number)
    while makers and len(kept) < count:
        for kind in list(makers):
            number = min(2 if kind in _OF_TESTS else 1, count - len(kept))
            if number and not _take(kept, makers[kind], number):
                del makers[kind]
    return list(kept.values())


def _take(kept: dict[tuple[str, str], Question], made: list[Question], number: int) -> int:
    taken = 0
    while made and taken < number:
        one = made.pop()
        if (one.subject, one.question) not in kept:
            kept[(one.subject, one.question)] = one
            taken += 1
    return taken


def _shuffled(rng: random.Random, made: Iterator[Question]) -> list[Question]:
    some = list(made)
    rng.shuffle(some)
    return some


def _of_kind(
    kind: str, patients: Sequence[Known], wordings: Wordings, rng: random.Random, free: bool
) -> Iterator[Question]:
    """Every question of a kind, each in every wording."""
    for form in wordings[kind]:
        for who in patients:
            others = [one for one in patients if one.name.split()[1] != who.name.split()[1]]
            for made in _made(kind, form, who, others, rng, free):
                foreign = set().union(*(one.numbers for one in others)) - who.numbers
                yield made.model_copy(update={"subject": who.id, "kind": kind, "foreign": tuple(sorted(foreign))})


def _made(
    kind: str, form: str, who: Known, others: Sequence[Known], rng: random.Random, free: bool
) -> Iterator[Question]:
    if kind in (*_OF_TESTS, "not_that_day"):
        for loinc, points in who.results.items():
            if loinc in TESTS:
                name = rng.choice(TESTS[loinc]) if free else TESTS[loinc][0]
                yield from _of_test(kind, form, name, points, _alike(who, loinc), who, rng)
    elif kind in ("Condition", "MedicationRequest", "Procedure"):
        yield from _of_facts(form, who.facts[kind], kind == "MedicationRequest" and free)
    elif kind == "smoking":
        yield _ask(form, points=(who.results[_SMOKING][-1],))
    elif kind.startswith("list_"):
        yield _listed(form, who.facts[kind.removeprefix("list_")])
    else:
        yield from _without_answer(kind, form, who, others, rng)


def _alike(who: Known, loinc: str) -> list[str]:
    return [one.value for other in LOOKALIKES.get(loinc, ()) for one in who.results.get(other, ()) if one.value]


def _of_test(
    kind: str, form: str, test: str, points: list[Point], alike: list[str], who: Known, rng: random.Random
) -> Iterator[Question]:
    if kind in ("trend", "on", "not_that_day"):
        yield from _of_days(kind, form, test, points, alike, who, rng)
        return
    asked = form.format(test=test)
    values = [float(point.value or 0) for point in points]
    right = {
        "last": points[-1],
        "first": points[0],
        "when": points[0] if "first" in form else points[-1],
        "extreme": points[values.index(min(values) if "low" in form else max(values))],
    }
    if kind == "count":
        yield _ask(asked, count=len(points))
    elif kind == "course" and len(points) > 1:
        shown = points if "all" in form else [points[0], points[-1]]
        yield _ask(asked, points=tuple(shown), not_in_answer=tuple(alike))
    elif kind == "when":
        yield _ask(asked, points=(Point(date=right[kind].date),))
    elif kind in right and (kind != "extreme" or len(set(values)) == len(values) > 1):
        yield _one(asked, right[kind], points, alike)


def _one(asked: str, right: Point, points: Sequence[Point], alike: Sequence[str]) -> Question:
    """A question for one value: none of the others may come before it."""
    others = {one.value for one in points if one.value} - {right.value}
    return _ask(asked, points=(right,), not_first=tuple(sorted({*others, *alike})))


def _of_days(
    kind: str, form: str, test: str, points: list[Point], alike: list[str], who: Known, rng: random.Random
) -> Iterator[Question]:
    if kind == "trend":
        span = rng.choice(list(_SPANS))
        inside = _within(points, _SPANS[span], who.newest)
        if inside is not None:
            asked = form.format(test=test, span=span)
            outside = tuple(one.value for one in points if one.value not in {point.value for point in inside})
            given = _ask(asked, points=tuple(inside), not_in_answer=(*outside, *alike))
            yield given if inside else _ask(asked, outcome="not_in_record")
        return
    point = rng.choice(points)
    day = date.fromisoformat(point.date or "")
    if kind == "on":
        yield _one(form.format(test=test, day=_spoken(day, rng)), point, points, alike)
    else:
        yield _ask(form.format(test=test, day=_spoken(day + timedelta(days=17), rng)), outcome="not_in_record")


def _within(points: Sequence[Point], years: int, newest: tuple[date, date]) -> list[Point] | None:
    """The results of so many years before the newest record; None where that is a matter of words."""
    found = []
    for end in newest:
        start = end - timedelta(days=round(365.25 * years))
        days = [(date.fromisoformat(point.date or ""), point) for point in points]
        if any(abs(day - start) < _EDGE for day, _ in days):
            return None
        found.append([point for day, point in days if day > start])
    return found[0] if found[0] == found[1] else None


def _spoken(day: date, rng: random.Random) -> str:
    return rng.choice((day.isoformat(), f"{day.day} {day:%B %Y}", f"{day:%B} {day.day}, {day.year}"))


def _of_facts(form: str, facts: Sequence[Fact], by_first_word: bool) -> Iterator[Question]:
    """Of each that is there once, its day. A drug is called by its first word alone in the freer wordings."""
    names = [fact.name for fact in facts]
    for fact in facts:
        word = fact.name.split()[0].split("[")[0].lower() if by_first_word else fact.name
        if sum(word.casefold() in name.casefold() for name in names) == 1 and (word.isalpha() or not by_first_word):
            yield _ask(form.format(name=word), points=(Point(date=fact.date),), answer_contains=(fact.name,))


def _listed(form: str, facts: Sequence[Fact]) -> Question:
    names = tuple(dict.fromkeys(fact.name for fact in facts))
    return _ask(form, answer_contains=names) if names else _ask(form, outcome="not_in_record")


def _without_answer(
    kind: str, form: str, who: Known, others: Sequence[Known], rng: random.Random
) -> Iterator[Question]:
    if kind == "never":
        absent = [names[0] for loinc, names in TESTS.items() if loinc not in who.results]
        for test in (*NEVER, *rng.sample(absent, min(6, len(absent)))):
            yield _ask(form.format(test=test), outcome="not_in_record")
    elif kind in ("no_Condition", "no_MedicationRequest"):
        for name in NOT_HAD if kind == "no_Condition" else NOT_TAKEN:
            yield _ask(form.format(name=name), outcome="not_in_record")
    else:
        other = rng.choice(others)
        test = TESTS[rng.choice([loinc for loinc in other.results if loinc in TESTS and loinc in who.results])][0]
        name = rng.choice(other.facts["Condition"]).name
        words = {"other": other.name, "other_id": other.id, "test": test, "name": name}
        yield _ask(form.format(**words), outcome=_REFUSED)


def _ask(question: str, **known: object) -> Question:
    return Question.model_validate({"subject": "", "question": question[:1].upper() + question[1:], **known})
