"""The verifier on spoilt drafts: thousands of seeded mutations of good ones, and what it makes of the good ones.

A mutation is caught where the spoilt statement fails a check, loses its support, or is mended (where one word or number
was spoilt: by giving back the sentence as it was); an omission where it is warned of. Each is put to the verifier as
the draft's own sentence, and once more as a person's words. The mutators stand in tests/mutators and know nothing of
the verifier; the wordings of `held_out` were never shown to who wrote it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from agents.across import omissions
from agents.edits import ground_of
from agents.facts import Ground
from agents.verifier import checked
from benchmarks.doubted import doubted
from benchmarks.drawn_cases import Kind
from benchmarks.drawn_drafts import drafts_of
from benchmarks.figure import Figure, figure
from prelim.draft import Draft, Sections, Statement
from tests.mutators import additions, changes, dates, negations, numbers, paraphrases, patients, sides, units
from tests.mutators import omissions as left_out
from tests.mutators.drafts import Mutation
from tests.mutators.held_out import HELD_OUT
from tests.mutators.wordings import KNOWN, Bank

SEED = 20270311
GOALS: Mapping[str, float] = {
    "number": 99.5,
    "date": 99.5,
    "unit": 99.5,
    "side": 100,
    "negation": 99,
    "change": 99,
    "omission": 100,
}
_COUNTS: Mapping[bool, Mapping[Kind, int]] = {True: {"clean": 320, "mirrored": 30}, False: {"clean": 24, "mirrored": 4}}
"""Drafts of clean films, and of mirrored ones, which tell no side."""
_MOST = {True: 900, False: 60}
"""Mutations of a kind in each bank's words."""
Json = Mapping[str, Any]
Caught = Callable[[Mutation], bool]


class Verified(NamedTuple):
    """A statement's words after the verifier, and whether it failed a check or lost its support."""

    text: str
    objected: bool


class Case:
    """A good draft, and the verifier's view of it with one thing changed."""

    def __init__(self, draft: Json) -> None:
        self.json = draft
        self.draft = Draft.model_validate(draft)
        self.ground: Ground = ground_of(self.draft)

    def flagged(self, mutation: Mutation, by_person: bool = False) -> bool:
        """Whether the verifier objects to the mutation, or mends it."""
        if mutation.after is None:
            kept = self._with(lambda one: None if one.id in mutation.gone else one)
            return len(omissions(kept, self.ground)) > len(omissions(self.draft.sections, self.ground))
        told = self.verified(mutation.statement, mutation.after, by_person)
        if told.text == mutation.after:
            return told.objected
        return not mutation.in_place or told.text == mutation.before

    def verified(self, id: str, text: str, by_person: bool = False) -> Verified:
        """What the verifier makes of a statement with these words."""
        before = next(one for one in _statements(self.draft.sections) if one.id == id)
        said = before.model_copy(update={"text": text, "checks": ()})
        if by_person:
            said = said.model_copy(update={"source": "person", "support": "attested"})
        now = checked(self._with(lambda one: said if one.id == id else one), self.ground)
        after = next(one for one in _statements(now) if one.id == id)
        lost = said.support == "supported" and after.support != "supported"
        return Verified(after.text, lost or any(not check.passed for check in after.checks))

    def _with(self, change: Callable[[Statement], Statement | None]) -> Sections:
        parts = {name: map(change, getattr(self.draft.sections, name)) for name in Sections.model_fields}
        return Sections(**{name: tuple(filter(None, lines)) for name, lines in parts.items()})


def measure(full: bool) -> list[Figure]:
    """Shares in percent, in known and in held-out words; at most 900 mutations of a kind in each, reduced 60."""
    cases = cases_of(drafts_of(_COUNTS[full]))
    figures = [*false_alarms(cases)]
    for bank, name in ((KNOWN, "known"), (HELD_OUT, "held-out")):
        figures += scored(cases, bank, f"mutations, {name} words", _MOST[full])
    return figures


def cases_of(drafts: Sequence[Json]) -> list[Case]:
    """The drafts, and each tenth once more with a finding in doubt."""
    rng = np.random.default_rng(SEED)
    made = [doubted(draft, rng) for draft in drafts[::10]]
    return [Case(draft) for draft in (*drafts, *filter(None, made))]


def scored(cases: Sequence[Case], bank: Bank, name: str, most: int) -> list[Figure]:
    """The shares caught of each kind, as the draft's sentences and as a person's; rewordings flagged."""
    figures = []
    for kind, made in sampled(cases, [*cases[1:], cases[0]], bank, most).items():
        harmless = kind == "paraphrase"
        goal = None if harmless else GOALS.get(kind)
        for by_person in (False, True) if kind != "omission" else (False,):
            caught = sum(case.flagged(mutation, by_person) for case, mutation in made)
            what = "flagged, though harmless" if harmless else "caught"
            title = f"{name}/{kind}, {what}{', as a person’s words' if by_person else ''}"
            note = f"{caught} of {len(made)}"
            share = 100 * caught / len(made)
            figures.append(figure(title, share, "%", goal=goal, more_is_better=not harmless, note=note))
    return figures


def false_alarms(cases: Sequence[Case]) -> list[Figure]:
    """Statements and omissions objected to in drafts that nobody touched."""
    told = [(case, one) for case in cases for one in _statements(case.draft.sections)]
    figures = []
    for by_person in (False, True):
        now = [(one.text, case.verified(one.id, one.text, by_person)) for case, one in told]
        flags = sum(after.objected or after.text != text for text, after in now)
        title = f"mutations/false alarms on clean drafts{', as a person’s words' if by_person else ''}"
        note = f"{flags} of {len(told)} statements, {len(cases)} drafts"
        figures.append(figure(title, 100 * flags / len(told), "%", goal=2.0, note=note))
    missed = sum(bool(omissions(case.draft.sections, case.ground)) for case in cases)
    note = f"of {len(cases)}"
    return [
        *figures,
        figure("mutations/clean drafts with an omission warned of", missed, "drafts", goal=0.0, note=note),
    ]


def sampled(
    cases: Sequence[Case], strangers: Sequence[Case], bank: Bank, most: int
) -> dict[str, list[tuple[Case, Mutation]]]:
    """At most so many mutations of each kind, its ways as evenly as there are. `strangers`: one of each is used."""
    ways: dict[str, dict[str, list[tuple[Case, Mutation]]]] = defaultdict(lambda: defaultdict(list))
    for number, case in enumerate(cases):
        rng = np.random.default_rng([SEED, number])
        for mutation in mutated(case.json, strangers[number % len(strangers)].json, rng, bank):
            if mutation.after != mutation.before:
                ways[mutation.kind][mutation.way].append((case, mutation))
    rng = np.random.default_rng(SEED)
    return {kind: _evenly(by_way, most, rng) for kind, by_way in sorted(ways.items())}


def mutated(draft: Json, stranger: Json, rng: np.random.Generator, bank: Bank) -> Iterator[Mutation]:
    """Every mutation of a draft, in a bank's words."""
    yield from numbers.mutations(draft, rng, bank)
    yield from dates.mutations(draft, rng, bank)
    yield from units.mutations(draft, rng, bank)
    yield from sides.mutations(draft, rng, bank)
    yield from negations.mutations(draft, rng, bank)
    yield from changes.mutations(draft, rng, bank)
    yield from patients.mutations(draft, stranger, rng)
    yield from left_out.mutations(draft)
    yield from additions.mutations(draft, rng, bank)
    yield from paraphrases.mutations(draft, rng, bank)


def _evenly(
    by_way: Mapping[str, list[tuple[Case, Mutation]]], most: int, rng: np.random.Generator
) -> list[tuple[Case, Mutation]]:
    shuffled = [[made[place] for place in rng.permutation(len(made))] for _, made in sorted(by_way.items())]
    taken: list[tuple[Case, Mutation]] = []
    for turn in range(max(map(len, shuffled))):
        taken += [made[turn] for made in shuffled if turn < len(made)]
    return taken[:most]


def _statements(sections: Sections) -> list[Statement]:
    return [one for name in Sections.model_fields for one in getattr(sections, name)]
