"""A draft as plain JSON: its statements, what each claims about one finding, and what would be true."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Json = Mapping[str, Any]
Rng = np.random.Generator
ISO = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@dataclass(frozen=True)
class Claim:
    """What a sentence says of one kind of finding. `side` is None for both sides or none; `since` an ISO date."""

    label: str
    side: str | None
    state: str
    change: str | None = None
    since: str | None = None


@dataclass(frozen=True)
class Mutation:
    """One spoilt (or reworded) statement: `after` in place of `before`. Without `after`: all of `gone` are left out.

    `in_place`: nothing but the wrong word, number or date was changed, so that only `before` mends it.
    """

    kind: str
    way: str
    statement: str
    before: str
    after: str | None
    gone: tuple[str, ...] = ()
    harmful: bool = True
    in_place: bool = False

    def __str__(self) -> str:
        return f"{self.kind}/{self.way}\n  was: {self.before}\n  now: {self.after or '(left out)'}"


def statements(draft: Json) -> Iterator[tuple[str, Json]]:
    """(section, statement), in order."""
    for section, lines in draft["sections"].items():
        for statement in lines:
            yield section, statement


def findings_of(draft: Json, statement: Json) -> list[Json]:
    """The findings that a statement points at."""
    places = {item["id"]: item for item in draft["evidence"] if item["kind"] == "finding"}
    refs = {places[id]["ref"] for id in statement["evidence"] if id in places}
    return [found for found in draft["findings"] if found["id"] in refs]


def claim_of(draft: Json, statement: Json) -> Claim | None:
    """What a statement about one finding claims, or about one that is absent on both sides; None of all others."""
    if statement in draft["sections"].get("recommendation", ()):
        return None
    findings = findings_of(draft, statement)
    labels = {found["label"] for found in findings}
    if len(labels) != 1:
        return None
    first = findings[0]
    if len(findings) == 2 and {(found["state"], found["change"]) for found in findings} == {("absent", None)}:
        return Claim(first["label"], None, "absent")
    if len(findings) != 1:
        return None
    side = first["laterality"] if first["laterality"] in ("left", "right") else None
    since = since_of(draft, first) if first["change"] else None
    sayable = first["change"] != "uncertain" and (first["state"] != "absent" or first["change"] == "resolved")
    return Claim(first["label"], side, first["state"], first["change"] if sayable else None, since if sayable else None)


def since_of(draft: Json, finding: Json) -> str | None:
    """The date that a finding's change counts from."""
    same = (finding["label"], finding["laterality"])
    dates = [one["prior_date"] for one in draft["comparisons"] if (one["label"], one["laterality"]) == same]
    return dates[0] if dates else None


def true_of(draft: Json, claim: Claim) -> bool:
    """Whether a claim holds by the draft's own findings (one that names no side: on any, or absent on all)."""
    same = [one for one in draft["findings"] if one["label"] == claim.label]
    meant = [one for one in same if claim.side is None or one["laterality"] == claim.side]
    if not meant:
        return False
    fits = [
        one["state"] == claim.state
        and (claim.change is None or (one["change"] == claim.change and since_of(draft, one) == claim.since))
        for one in meant
    ]
    return all(fits) if claim.state == "absent" and claim.change is None else any(fits)


def dates_in(draft: Json) -> list[str]:
    """Every date that the draft's statements name."""
    return sorted({day for _, one in statements(draft) for day in ISO.findall(one["text"])})


def other(side: str) -> str:
    return {"left": "right", "right": "left"}[side]


def flipped(claim: Claim) -> Claim:
    """The same on the other side."""
    return replace(claim, side=other(str(claim.side)))


def pick(rng: Rng, items: tuple[str, ...] | list[str]) -> str:
    return items[int(rng.integers(len(items)))]
