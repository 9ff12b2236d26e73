"""The words that deny, doubt and place what a clause names, and the headings of reports and notes. Data, not code."""

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from prelim.knowledge.phrases import Phrases

_HERE = Path(__file__).parent
_KINDS = ("absent_before", "absent_after", "uncertain_before", "uncertain_after", "uncertain_between", "pseudo")
_MORE = ("stops", "earlier", "hypothetical", "others")


class Cues(NamedTuple):
    """One language's words. `kinds` finds the cues by their kind; the sets hold single words in lower case.

    `patterns` are what no list of words can say: the joints of lists and clauses.
    """

    kinds: Phrases
    sides: Phrases
    changes: Phrases
    openers: frozenset[str]
    weak_openers: frozenset[str]
    list_ends: frozenset[str]
    either: frozenset[str]
    verbs: frozenset[str]
    copulas: frozenset[str]
    passable: frozenset[str]
    sides_joined: frozenset[str]
    side_links: frozenset[str]
    abbreviations: frozenset[str]
    titles: frozenset[str]
    patterns: dict[str, re.Pattern[str]]


@cache
def cues(language: str = "en") -> Cues:
    """The words of a language (ISO 639-1). KeyError where the table has none."""
    said: dict[str, Any] = yaml.safe_load((_HERE / "cues.yaml").read_text(encoding="utf-8"))[language]
    words = {name: frozenset(said.get(name, ())) for name in Cues._fields[3:-1]}
    return Cues(
        kinds=Phrases((phrase, kind) for kind in (*_KINDS, *_MORE) for phrase in said.get(kind, ())),
        sides=Phrases((word, side) for side in ("right", "left", "bilateral", "not_a_side") for word in said[side]),
        changes=Phrases(
            [
                *((phrase, change) for change, phrases in said["changes"].items() for phrase in phrases),
                *((phrase, "not_a_change") for phrase in said["not_a_change"]),
            ]
        ),
        **words,
        patterns={name: re.compile(pattern, re.I) for name, pattern in said["patterns"].items()},
    )


@cache
def headings() -> dict[str, str]:
    """Printed headings, as `plain_heading` writes them, to the canonical word."""
    data = yaml.safe_load((_HERE / "headings.yaml").read_text(encoding="utf-8"))
    return {plain_heading(printed): canonical for canonical, names in data.items() for printed in names}


def plain_heading(printed: str) -> str:
    """A heading in lower case without punctuation: "A/P" is "a p", "&" is "and"."""
    return " ".join(re.findall(r"[^\W_]+", printed.lower().replace("&", " and ")))
