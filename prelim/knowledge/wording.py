"""The words of a draft's sentences: what tells change, doubt, denial, number and advice. Data: wording.yaml."""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml


class Wording(NamedTuple):
    """`changes` are by the words of prelim.types.Change; the sets hold single words in lower case.

    `no_change` is a denial of any change ("without significant change"), `not_moved` one of a direction ("not larger").
    """

    changes: Mapping[str, re.Pattern[str]]
    change_word: re.Pattern[str]
    forms: tuple[Mapping[str, str], ...]
    no_change: re.Pattern[str]
    not_moved: re.Pattern[str]
    partly: re.Pattern[str]
    comparing: re.Pattern[str]
    unsure: re.Pattern[str]
    hedged: re.Pattern[str]
    qualified: re.Pattern[str]
    sure: re.Pattern[str]
    denied: re.Pattern[str]
    disputed: re.Pattern[str]
    counts: re.Pattern[str]
    numbers: Mapping[str, float]
    number: re.Pattern[str]
    advice: re.Pattern[str]
    safe: frozenset[str]
    frame: frozenset[str]


@cache
def wording() -> Wording:
    """The table in wording.yaml."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).with_name("wording.yaml")).read_text(encoding="utf-8"))
    no, degrees = r"\b(?:no|not|without)", f"(?: (?:{'|'.join(data['degrees'])}))*"
    changes: dict[str, list[str]] = data["changes"]
    return Wording(
        changes={change: _any(ways) for change, ways in changes.items()},
        change_word=_any(way for ways in changes.values() for way in ways),
        forms=tuple(data["forms"]),
        no_change=re.compile(rf"{no}{degrees} (?:{'|'.join(data['changed'])})"),
        not_moved=re.compile(rf"{no}{degrees} (?:{'|'.join(data['moved'])})\b"),
        partly=re.compile(rf"{_any(data['partly']).pattern} (?:\w+ )?{_any(changes['resolved']).pattern}"),
        comparing=_any(data["comparing"]),
        unsure=re.compile(rf"{_any(data['unsure']).pattern}|\?"),
        hedged=_any(data["hedged"]),
        qualified=_any(data["qualified"]),
        sure=_any(data["sure"]),
        denied=re.compile(rf"{_any(data['denied']).pattern}|n't\b"),
        disputed=_any(data["disputed"]),
        numbers={word: float(number) for word, number in data["numbers"].items()},
        number=_any(data["numbers"]),
        counts=_any(data["counts"]),
        advice=_any(data["advice"]),
        safe=frozenset(data["safe"]),
        frame=frozenset(data["frame"]),
    )


def _any(ways: Iterable[str]) -> re.Pattern[str]:
    """Any of several expressions, as whole words."""
    return re.compile(rf"\b(?:{'|'.join(ways)})\b")
