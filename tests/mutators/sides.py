"""Wrong sides: the other one, both, the opposite one, and a side where there is none."""

import re
from collections.abc import Iterator

from tests.mutators.drafts import Json, Mutation, Rng, claim_of, findings_of, flipped, other, pick, statements, true_of
from tests.mutators.wordings import Bank, filled, phrase, worded

_SIDE = re.compile(r"\b(right|left)\b", re.I)


def mutations(draft: Json, rng: Rng, bank: Bank) -> Iterator[Mutation]:
    """Wrong sides in every statement that says one, and sides added where none is."""
    for _, one in statements(draft):
        text, claim = one["text"], claim_of(draft, one)
        if claim is None or claim.side is None:
            if claim is not None and claim.state == "present" and not claim.change:
                wrong = filled(pick(rng, bank.side_added), phrase(rng, bank, claim))
                yield Mutation("side added", "where none is", one["id"], text, wrong)
            # Of sentences without one finding only a source's own words are turned: "the patient's right lies on the
            # image's left" turned says the same, and a sentence of several findings may stay true.
            if "“" in text and _SIDE.search(text) and not findings_of(draft, one):
                yield Mutation("side", "in a quote", one["id"], text, _turned(text), in_place=True)
            continue
        if _SIDE.search(text) and not true_of(draft, flipped(claim)):
            yield Mutation("side", "the other", one["id"], text, _turned(text), in_place=True)
            yield Mutation("side", "the other, reworded", one["id"], text, worded(rng, bank, flipped(claim)))
        if claim.state == "present" and not true_of(draft, flipped(claim)):
            yield Mutation("side", "both", one["id"], text, pick(rng, bank.both[claim.label]))
            yield Mutation("side", "both, in place", one["id"], text, _SIDE.sub("bilateral", text))
            yield Mutation("side", "contralateral", one["id"], text, _SIDE.sub("contralateral", text))


def _turned(text: str) -> str:
    """Every side the other one, in its letters."""

    def turn(found: re.Match[str]) -> str:
        word = other(found.group().lower())
        return word.capitalize() if found.group()[0].isupper() else word

    return _SIDE.sub(turn, text)
