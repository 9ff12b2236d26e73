"""Present for absent, absent for present, and doubt told as fact."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tests.mutators.drafts import Claim, Json, Mutation, Rng, claim_of, findings_of, statements
from tests.mutators.wordings import Bank, worded

_IN_PLACE = (
    (re.compile(r"^There is (an?) "), "There is no "),
    (re.compile(r"^No (?=[^,]*$)"), "There is a "),
    (re.compile(r"\bis not enlarged\b"), "is enlarged"),
    (re.compile(r"\bheart is enlarged\b"), "heart is not enlarged"),
    (re.compile(r"\bhas resolved\b"), "has not resolved"),
)
_LISTED = re.compile(r"^No (.*) or ([^(]*?)( \(|\.)")


def mutations(draft: Json, rng: Rng, bank: Bank) -> Iterator[Mutation]:
    """Turned statements of every finding."""
    for _, one in statements(draft):
        text, claim = one["text"], claim_of(draft, one)
        if claim is None:
            if len(findings_of(draft, one)) > 1 and _LISTED.search(text):
                after = _LISTED.sub(lambda found: f"{found[1].capitalize()} and {found[2]}{found[3]}", text)
                yield Mutation("negation", "listed", one["id"], text, after)
            continue
        for pattern, turned in _IN_PLACE:
            if claim.state != "uncertain" and pattern.search(text):
                after = pattern.sub(turned, text)
                yield Mutation("negation", "in place", one["id"], text, after, in_place=True)
        for wrong in _turned(claim):
            way = "doubt as fact" if claim.state == "uncertain" else f"{wrong.state} for {claim.state}"
            yield Mutation("negation", way, one["id"], text, worded(rng, bank, wrong))


def _turned(claim: Claim) -> list[Claim]:
    """What must not be said instead."""
    plain = replace(claim, change=None, since=None)
    states = {"present": ("absent",), "absent": ("present",), "uncertain": ("present", "absent")}[claim.state]
    return [replace(plain, state=state) for state in states]
