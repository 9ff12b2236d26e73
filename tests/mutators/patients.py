"""Another patient's statement in place of this one's, or another patient's date or result in it."""

import re
from collections.abc import Iterator

from tests.mutators.drafts import ISO, Json, Mutation, Rng, claim_of, dates_in, pick, statements, true_of


def mutations(draft: Json, stranger: Json, rng: Rng) -> Iterator[Mutation]:
    """Each statement with a stranger's of its section in its place; none that holds of this patient as well."""
    own = dates_in(draft)
    said = {one["text"] for _, one in statements(draft)}
    for section, one in statements(draft):
        theirs = [other for place, other in statements(stranger) if place == section and other["text"] not in said]
        false = [other for other in theirs if not _holds(draft, stranger, other)]
        if false:
            chosen = false[int(rng.integers(len(false)))]
            yield Mutation("patient", section, one["id"], one["text"], chosen["text"])
        yield from _swapped(one, stranger, rng, own)


def _swapped(statement: Json, stranger: Json, rng: Rng, own: list[str]) -> Iterator[Mutation]:
    """The statement with a stranger's date, and with a stranger's result of the same test."""
    text = statement["text"]
    days, theirs = ISO.findall(text), [day for day in dates_in(stranger) if day not in own]
    if days and theirs:
        wrong = text.replace(pick(rng, days), pick(rng, theirs), 1)
        yield Mutation("patient", "date", statement["id"], text, wrong, in_place=True)
    for lab in stranger["labs"]:
        printed = text.removeprefix(f"{lab['name']} ").split(" ")[0]
        if lab["kind"] == "numeric" and text.startswith(f"{lab['name']} {printed} ") and printed != lab["value_text"]:
            yield Mutation("patient", "result", statement["id"], text, text.replace(printed, lab["value_text"], 1))


def _holds(draft: Json, stranger: Json, statement: Json) -> bool:
    """Whether a stranger's statement would be true here: one without a date that claims what this draft finds too."""
    claim = claim_of(stranger, statement)
    text = statement["text"]
    if ISO.search(text):
        return False
    if claim is not None:
        return true_of(draft, claim)
    # Nothing in these can be told from this patient's: what was looked for, "None available."
    if statement["support"] == "abstained" or text.startswith(("None", "Not stated", "No ")):
        return True
    return bool(_names(text)) and _names(text) <= {name for _, one in statements(draft) for name in _names(one["text"])}


def _names(text: str) -> set[str]:
    """The tests that a sentence lists as within the range."""
    opening, _, names = text.partition(": ")
    listed = re.split(r", | and ", names.removesuffix(".")) if "within" in opening else []
    return set(listed)
