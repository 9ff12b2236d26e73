"""The same facts in other words: nothing here is wrong, and none of it must be flagged."""

from collections.abc import Iterator

from tests.mutators.drafts import ISO, Json, Mutation, Rng, claim_of, statements
from tests.mutators.wordings import Bank, reworded_result, spelt, worded


def mutations(draft: Json, rng: Rng, bank: Bank) -> Iterator[Mutation]:
    """Rewordings of findings and results, and dates spelt otherwise."""
    for _, one in statements(draft):
        text, claim = one["text"], claim_of(draft, one)
        if claim is not None and _plain(claim.state, text):
            day = spelt(rng, bank, claim.since) if claim.since and rng.random() < 0.5 else None
            after = worded(rng, bank, claim, day)
            # "no longer seen" says more than absent: that it was there before.
            if "longer" not in after or claim.change == "resolved":
                yield Mutation("paraphrase", claim.change or claim.state, one["id"], text, after, harmful=False)
        elif result := reworded_result(rng, bank, text):
            yield Mutation("paraphrase", "result", one["id"], text, result, harmful=False)
        days = ISO.findall(text)
        if days and "“" not in text:
            after = text.replace(days[0], spelt(rng, bank, days[0]), 1)
            yield Mutation("paraphrase", "date", one["id"], text, after, harmful=False)


def _plain(state: str, text: str) -> bool:
    """Whether the claim is all that the sentence says."""
    return state != "uncertain" and "uncertain" not in text
