"""What the tools found about one case, and the draft that is made of it."""

from typing import Any, Literal

from pydantic import Field

from prelim.facts import (
    Dictations,
    EarlierFinding,
    FindingTimeline,
    LabTrend,
    NoteFact,
    Notes,
    SecondRead,
    Transcript,
)
from prelim.types import (
    Box,
    Case,
    Comparison,
    Document,
    Evidence,
    Finding,
    LabResult,
    Labs,
    Localization,
    Longitudinal,
    ModelIdentity,
    NotAssessed,
    PagePicture,
    PagePictures,
    Priors,
    Readings,
    Recording,
    Section,
    Source,
    Study,
    Support,
    Triage,
    Urgency,
    Value,
)

Result = Triage | Localization | Longitudinal | Readings | Labs | Priors | Notes | Dictations


class Found(Value):
    """What the tools found about one case; a tool that did not run has found nothing."""

    case: Case
    triage: Triage = Triage()
    priors: Priors = Priors()
    labs: Labs = Labs()
    localization: Localization = Localization()
    longitudinal: Longitudinal = Longitudinal()
    reading: Readings = Readings()
    notes: Notes = Notes()
    dictation: Dictations = Dictations()
    pages: PagePictures = PagePictures()

    @property
    def results(self) -> tuple[Result, ...]:
        """What each tool found."""
        images = self.triage, self.localization, self.longitudinal, self.reading
        return *images, self.labs, self.priors, self.notes, self.dictation

    @property
    def not_assessed(self) -> tuple[NotAssessed, ...]:
        """What was asked and declined, by any tool."""
        asked = self.triage, self.localization, self.longitudinal, self.reading, self.dictation
        return tuple(item for result in asked for item in result.not_assessed)


# ------------------------------------------------------------------ the draft


class Check(Value):
    """One thing the verifier looked at in a statement; `repair`: what it put right there, by the only value left."""

    name: Literal[
        "number",
        "date",
        "unit",
        "size",
        "count",
        "side",
        "negation",
        "change",
        "placeholder",
        "finding",
        "doubt",
        "advice",
        "omission",
        "repair",
    ]
    passed: bool
    detail: str = ""


class Statement(Value):
    """One sentence of the draft and what it rests on. `region` is the part of the body that a finding is told under."""

    id: str
    text: str
    region: str = ""
    evidence: tuple[str, ...] = ()
    support: Support
    source: Source
    checks: tuple[Check, ...] = ()


class Sections(Value):
    """The sections that a radiologist expects, in this order. What is recommended comes from a table, or a person."""

    indication: tuple[Statement, ...] = ()
    technique: tuple[Statement, ...] = ()
    comparison: tuple[Statement, ...] = ()
    findings: tuple[Statement, ...] = ()
    impression: tuple[Statement, ...] = ()
    recommendation: tuple[Statement, ...] = ()


class Decision(Value):
    """What a person decided at the review."""

    action: Literal["sign", "reject"]
    reviewer: str
    reason: str = ""
    at: str


class Edit(Value):
    """One change a person made to a draft: text None drops the statement, statement_id None adds to `section`."""

    statement_id: str | None = None
    section: Section | None = None
    text: str | None = None
    at: str


class Draft(Value):
    """The draft as `draft.json` holds it. `content_sha256` leaves out times, paths and what belongs to one home.

    `provenance`: the files that were refused, and, outside the digest, what made the draft: settings, software, the
    calibration's digest, the digests of the code by room, and the tools' results that it was made of (call → tool, key,
    value_sha256).
    """

    case_id: str
    patient_key: str
    status: Literal["running", "review", "signed", "rejected", "failed"]
    urgency: Urgency
    model: ModelIdentity
    prompts: str
    content_sha256: str = ""
    warnings: tuple[str, ...] = ()
    provenance: dict[str, Any] = Field(default_factory=dict)
    studies: tuple[Study, ...] = ()
    documents: tuple[Document, ...] = ()
    recordings: tuple[Recording, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    boxes: tuple[Box, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    timelines: tuple[FindingTimeline, ...] = ()
    labs: tuple[LabResult, ...] = ()
    trends: tuple[LabTrend, ...] = ()
    notes: tuple[NoteFact, ...] = ()
    earlier_findings: tuple[EarlierFinding, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    pages: tuple[PagePicture, ...] = ()
    sections: Sections = Sections()
    second_read: SecondRead | None = None
    """A person's own report of the current study held against the case; its evidence is the draft's."""
    evidence: tuple[Evidence, ...] = ()
    decision: Decision | None = None
    addenda: tuple[Statement, ...] = ()
    notice: str = ""
