"""What a second read writes down: each difference with the report's sentence and its places in the case."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from agents.facts import finding_evidence
from prelim.draft import Draft
from prelim.facts import SecondLook
from prelim.types import Comparison, Document, Evidence, Finding, Laterality, evidence


class Report(NamedTuple):
    """A person's report and its text."""

    document: Document
    text: str


class Passage(NamedTuple):
    """A stretch of a report, [start, end) in its text."""

    report: Report
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.report.text[self.start : self.end]


class Looks:
    """The differences' places, kept as they are cited."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.places: dict[str, Evidence] = {}
        self._known = {item.id: item for item in draft.evidence}

    def add(
        self,
        kind: Literal["missing", "unsupported", "contradicted"],
        detail: str,
        *,
        passage: Passage | None = None,
        label: str | None = None,
        side: Laterality | None = None,
        places: Iterable[Evidence] = (),
    ) -> SecondLook:
        """One difference. It rests on the report's passage, where there is one, and on places in the case."""
        cited = [*([_quoted(passage)] if passage else []), *places]
        self.places |= {place.id: place for place in cited}
        return SecondLook(
            kind=kind,
            label=label,
            laterality=side,
            text=passage.text if passage else "",
            chars=(passage.start, passage.end) if passage else None,
            detail=detail,
            evidence=tuple(dict.fromkeys(place.id for place in cited)),
        )

    def of(self, *items: Finding | Comparison | None) -> list[Evidence]:
        """The places of findings and comparisons: themselves, then what they rest on."""
        cited = [finding_evidence(item) for item in items if isinstance(item, Finding)]
        rests_on = [self._known[id] for item in items if item for id in item.evidence if id in self._known]
        return cited + rests_on

    def cells(self, ids: Iterable[str]) -> list[Evidence]:
        """The places of these ids."""
        return [self._known[id] for id in ids if id in self._known]


def _quoted(passage: Passage) -> Evidence:
    document = passage.report.document
    chars, quote = (passage.start, passage.end), " ".join(passage.text.split())
    return evidence("text", document_sha256=document.sha256, chars=chars, quote=quote, date=document.date)
