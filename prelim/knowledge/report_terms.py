"""What reports call the findings, and what a statement of normality clears. Data, not code: report_terms.yaml."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from prelim.knowledge import table, tables
from prelim.knowledge.phrases import Phrases

_SPELLINGS = (("haem", "hem"), ("aemi", "emi"), ("oedema", "edema"), ("tumour", "tumor"), ("oesoph", "esoph"))
_NO_TERM = "-"
Praise = Literal["normal", "denied"]


class ReportTerms(NamedTuple):
    """`phrases` finds terms; a phrase means a label, a statement ("normal 3", "denied 0") or nothing ("-")."""

    phrases: Phrases
    clears: dict[str, tuple[str, ...]]
    midline: frozenset[str]
    broader: dict[str, str]
    """Label → the one that it is a kind of."""
    regions: dict[str, frozenset[str]]
    """Each region's labels. What stands in no region counts anywhere."""
    places: Phrases
    """The words that tell a region."""


def is_label(meaning: str) -> bool:
    """Whether a phrase names a finding."""
    return meaning != _NO_TERM and " " not in meaning


@cache
def report_terms() -> ReportTerms:
    """The table in report_terms.yaml, with the names that the finding tables have."""
    data: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "report_terms.yaml").read_text(encoding="utf-8"))
    terms: dict[str, list[str]] = data["terms"]
    praise = {f"{how} {index}": said for how in ("normal", "denied") for index, said in enumerate(data[how])}
    own = {spelt for label in terms for phrase in terms[label] for spelt in _spelt(phrase)}
    phrases = [
        *((spelt, label) for label in terms for phrase in terms[label] for spelt in _spelt(phrase)),
        *((spelt, label) for label, phrase in _of_tables() for spelt in _spelt(phrase) if spelt not in own),
        *((spelt, _NO_TERM) for phrase in data["none"] for spelt in _spelt(phrase)),
        *((spelt, key) for key, said in praise.items() for phrase in said["says"] for spelt in _spelt(phrase)),
    ]
    regions: dict[str, Any] = data["regions"]
    return ReportTerms(
        phrases=Phrases(phrases, data["filler"]),
        clears={key: tuple(said["clears"]) for key, said in praise.items()},
        midline=frozenset(data["midline"]),
        broader=data["kind_of"],
        regions={region: _labels(said["tables"]) | set(said.get("labels", ())) for region, said in regions.items()},
        places=Phrases((word, region) for region, said in regions.items() for word in said["words"]),
    )


def _of_tables() -> Iterator[tuple[str, str]]:
    """(label, name) of what radiology's finding tables hold; a slide is no radiology."""
    for one in tables():
        for label, rule in one.findings.items() if one.region != "tissue" else ():
            yield from ((label, name) for name in (rule.name, *rule.also))


def _labels(names: list[str]) -> frozenset[str]:
    return frozenset(label for name in names for label in table(name).findings)


def _spelt(phrase: str) -> set[str]:
    """A phrase with a last word of either number, in both spellings."""
    head, _, last = phrase.rpartition(" ")
    ways = [
        way for word in last.strip("()").split("|") for way in ([word] if word.endswith("*") else [word, word + "s"])
    ]
    last = f"({'|'.join(ways)})" if last[0] == "(" else "|".join(ways)
    plain = f"{head} {last}".strip()
    american = plain
    for british, other in _SPELLINGS:
        american = american.replace(british, other)
    return {plain, american}
