"""What nothing supports: a size, a count, another finding, advice, a placeholder."""

from collections.abc import Iterator

from tests.mutators.drafts import Json, Mutation, Rng, claim_of, pick, statements
from tests.mutators.wordings import Bank


def mutations(draft: Json, rng: Rng, bank: Bank) -> Iterator[Mutation]:
    """Added to each statement of one finding that is there."""
    for section, one in statements(draft):
        text, claim = one["text"], claim_of(draft, one)
        if section == "recommendation":
            yield Mutation("added", "advice, another", one["id"], text, pick(rng, bank.advice))
        if claim is None or claim.state != "present":
            continue
        ended = text.removesuffix(".")
        yield Mutation("added", "size", one["id"], text, f"{ended}, {pick(rng, bank.sizes)}.")
        yield Mutation("added", "count", one["id"], text, f"{ended}, {pick(rng, bank.counts)}.")
        yield Mutation("added", "finding", one["id"], text, f"{ended}, {pick(rng, bank.findings)}.")
        yield Mutation("added", "placeholder", one["id"], text, f"{ended} {pick(rng, bank.placeholders)}.")
        if section == "impression":
            yield Mutation("added", "advice", one["id"], text, f"{text} {pick(rng, bank.advice)}")
