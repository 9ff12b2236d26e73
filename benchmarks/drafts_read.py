"""What a draft's words and findings say of drawn signs, read apart from the product's own tables.

Nothing here comes from agents/ or prelim/knowledge: a wrong sentence that those would pass must not pass here.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple

from benchmarks.drawn_cases import DrawnCase

Json = Mapping[str, Any]
SIGNS = {
    "lung_opacity": ("right", "left"),
    "pleural_effusion": ("right", "left"),
    "cardiomegaly": ("midline",),
}
_WORDS = {
    "lung_opacity": r"opaci\w+|consolidation\w*",
    "pleural_effusion": r"effusions?",
    "cardiomegaly": r"heart|cardi\w+",
}
_QUOTED = re.compile(r"“[^”]*”|\([^)]*\)|\[[^\]]*\]")
_SIDE = re.compile(r"\b(right|left|bilateral|both)\b", re.I)
_OPEN = re.compile(r"^(looked for|not assessed|documents|earlier report)|cannot be|whether|not determined", re.I)
_GONE = re.compile(r"resolved|no longer|cleared|disappeared", re.I)
_DENIED = re.compile(r"\b(no|not|without|free of|absent|neither|nor|never)\b", re.I)
_CHANGES = ("new", "worse", "stable", "better")
_TOLD = ("findings", "impression", "recommendation")


class Saying(NamedTuple):
    """One sign that a statement speaks of. `side` is None where the words name none."""

    label: str
    side: str | None
    said: Literal["present", "absent", "resolved"]
    change: str | None = None


def statements(draft: Json) -> Iterator[tuple[str, Json]]:
    """(section, statement) of everything that tells what the films show."""
    for section in _TOLD:
        for statement in draft["sections"].get(section, ()):
            yield section, statement


def findings_under(draft: Json, statement: Json) -> set[str]:
    """The ids of the findings that a statement points at."""
    kinds = {item["id"]: item for item in draft["evidence"]}
    places = [kinds[id] for id in statement["evidence"] if id in kinds]
    return {place["ref"] for place in places if place["kind"] == "finding"}


def sayings(text: str) -> list[Saying]:
    """What a sentence states as fact; nothing where it doubts, lists what was asked, or only quotes."""
    plain = _QUOTED.sub("", text)
    if _OPEN.search(plain):
        return []
    gone, denied = _GONE.search(plain), _DENIED.search(plain)
    said: Literal["present", "absent", "resolved"] = "resolved" if gone else "absent" if denied else "present"
    change = next((word for word in _CHANGES if re.search(rf"\b{word}\b", plain, re.I)), None)
    told = []
    for clause in re.split(r",|;|\band\b|\bor\b", plain):
        sides = [word.lower() for word in _SIDE.findall(clause)]
        for label, words in _WORDS.items():
            if re.search(rf"\b({words})\b", clause, re.I):
                told += [Saying(label, side, said, change) for side in _both(sides)]
    return told


def _both(sides: list[str]) -> list[str | None]:
    if {"bilateral", "both"} & set(sides):
        return ["right", "left"]
    return [*dict.fromkeys(sides)] or [None]


def wrong_side(text: str, case: DrawnCase) -> bool:
    """Whether a sentence puts a sign on a side where none was drawn, now or (resolved) on the earlier film."""
    return any(
        one.said != "absent" and one.side is not None and f"{one.label} {one.side}" not in _drawn(one, case)
        for one in sayings(text)
    )


def contradicts(text: str, case: DrawnCase) -> bool:
    """Whether a sentence says anything else than what was drawn: presence, side, absence or change."""
    return any(not _holds(one, case) for one in sayings(text))


def _holds(one: Saying, case: DrawnCase) -> bool:
    keys = {f"{one.label} {side}" for side in SIGNS[one.label] if one.side in (None, side) or side == "midline"}
    if one.said == "absent":
        return not keys & set(case.signs)
    there = keys & _drawn(one, case)
    return bool(there) and (one.change is None or {case.changes.get(key) for key in there} == {one.change})


def _drawn(one: Saying, case: DrawnCase) -> set[str]:
    """The signs that a saying may mean: those on the current film, or those that have resolved since."""
    if one.said == "resolved":
        return {key for key, change in case.changes.items() if change == "resolved"}
    return set(case.signs)


def names_a_side(text: str) -> bool:
    """Whether a sentence tells, as a fact, on which side something is or is not."""
    return any(one.side is not None for one in sayings(text))


def states(draft: Json) -> dict[str, Json]:
    """The draft's findings by "label side"."""
    return {f"{found['label']} {found['laterality'] or 'unknown'}": found for found in draft["findings"]}
