"""Spoken marks and headings of dictations: dictation.yaml."""

from functools import cache
from pathlib import Path
from typing import Literal

import yaml

from prelim.types import Value


class Mark(Value):
    """A mark that is spoken. `attach`: on which side no space stands."""

    text: str
    attach: Literal["left", "right", "both", "neither"]
    ends: Literal["sentence", "line", "paragraph"] | None = None
    spoken: tuple[str, ...]


class SpokenTable(Value):
    """`marks` by what is said for them; `plain` are those that need no braces; `sections` maps headings' words."""

    marks: dict[str, Mark]
    plain: tuple[str, ...]
    sections: dict[str, str]
    abbreviations: frozenset[str]

    def mark(self, said: str) -> Mark | None:
        """The mark of a command; None where it is not known."""
        return self.marks.get(" ".join(said.lower().replace("-", " ").split()))

    def section(self, heading: str) -> str | None:
        """The section that a heading begins; None where it is none."""
        return self.sections.get(" ".join(heading.lower().split()))


@cache
def spoken_table() -> SpokenTable:
    """The table in dictation.yaml."""
    data = yaml.safe_load((Path(__file__).parent / "dictation.yaml").read_text(encoding="utf-8"))
    marks = [Mark.model_validate(given) for given in data["marks"]]
    return SpokenTable(
        marks={said: mark for mark in marks for said in mark.spoken},
        plain=tuple(data["plain"]),
        sections={words: section for section, several in data["sections"].items() for words in several},
        abbreviations=frozenset(data["abbreviations"]),
    )
