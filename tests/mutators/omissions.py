"""Left out: every sentence of a finding that is there, or of a critical result."""

from collections.abc import Iterator

from tests.mutators.drafts import Json, Mutation, findings_of, statements


def mutations(draft: Json) -> Iterator[Mutation]:
    """One for each present finding, and for each result printed as critical."""
    for found in draft["findings"]:
        if found["state"] == "present":
            told = [one for _, one in statements(draft) if found in findings_of(draft, one)]
            yield from _without("finding", told)
    for lab in draft["labs"]:
        if lab["flag_printed"] in ("HH", "LL"):
            told = [one for _, one in statements(draft) if set(lab["evidence"]) & set(one["evidence"])]
            yield from _without("critical result", told)


def _without(way: str, told: list[Json]) -> Iterator[Mutation]:
    if told:
        ids = tuple(one["id"] for one in told)
        yield Mutation("omission", way, ids[0], " | ".join(one["text"] for one in told), None, ids)
