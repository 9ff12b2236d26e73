"""Wrong changes: another word, another wording, a change where nothing was compared."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tests.mutators.drafts import Json, Mutation, Rng, claim_of, dates_in, pick, statements
from tests.mutators.wordings import Bank, worded

_WORDS = ("new", "worse", "stable", "better")
_WORD = re.compile(r"\b(new|worse|stable|better)\b")
_GONE = re.compile(r"^(The )?(.*?) of (\d{4}-\d\d-\d\d) has resolved")


def mutations(draft: Json, rng: Rng, bank: Bank) -> Iterator[Mutation]:
    """Wrong changes in every statement of one finding that is there, or was."""
    known = dates_in(draft)
    for _, one in statements(draft):
        text, claim = one["text"], claim_of(draft, one)
        if claim is None or (claim.state != "present" and claim.change is None):
            continue
        if claim.change is None:
            wrong = replace(claim, change=str(rng.choice([*_WORDS, "resolved"])), since=pick(rng, known))
            yield Mutation("change", "added", one["id"], text, worded(rng, bank, wrong))
            continue
        if claim.change == "resolved":
            stays = pick(rng, ["worse", "stable", "better"])
            after = _GONE.sub(rf"\1\2 of \3 is {stays}", text)
        else:
            after = _WORD.sub(str(rng.choice([word for word in _WORDS if word != claim.change])), text, count=1)
        if after != text:
            yield Mutation("change", "word", one["id"], text, after, in_place=claim.change != "resolved")
        for change in (*_WORDS, "resolved"):
            if change != claim.change:
                after = worded(rng, bank, replace(claim, change=change, state="present"))
                yield Mutation("change", f"{change} for {claim.change}", one["id"], text, after)
