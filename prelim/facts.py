"""What documents say, as typed facts: each with the place it stands in.

`chars` is [start, end) in the document's text. Dates and evidence are as in prelim/types.py.
"""

from typing import Any, Literal

from pydantic import Field

from prelim.types import (
    Change,
    Chars,
    Evidence,
    Laterality,
    NotAssessed,
    Probability,
    RecordType,
    State,
    Value,
)

NoteKind = Literal["problem", "medication", "allergy", "question"]
Trending = Literal["rising", "falling", "steady", "unclear"]


class Entry(Value):
    """One dated fact of a structured export (FHIR, HL7): what becomes a Record, before its patient is known.

    `key` names it inside its source (a resource's type and id), so that the same export twice is the same entry;
    `pointer` is its place in the file; `chars` its line in the document's text. `data` and `version` are as in Record.
    """

    type: RecordType
    key: str
    date: str | None = None
    time: str | None = None
    title: str
    text: str
    pointer: str
    chars: Chars = (0, 0)
    value: float | None = None
    unit: str | None = None
    loinc: str | None = None
    version: str | None = None
    data: dict[str, Any] = Field(default_factory=dict)


class ReportFinding(Value):
    """A finding that a report states or denies. `label` is a key of the knowledge tables; `sentence` quotes it.

    `section` is its heading in the canonical words. `general`: it follows from a statement of normality ("the lungs are
    clear") and is weaker than one that is named.
    """

    label: str
    laterality: Laterality | None = None
    state: State
    change: Change | None = None
    chars: Chars
    sentence: str
    section: str = ""
    general: bool = False


class NoteFact(Value):
    """A problem, medication, allergy or clinical question of a note. `section` is its heading in canonical words."""

    id: str
    kind: NoteKind
    text: str
    state: State
    section: str = ""
    document_sha256: str
    chars: Chars
    readers: Literal["both", "rules", "model"]
    evidence: tuple[str, ...] = ()


class Notes(Value):
    """What the notes of a case say. A text that tries to give orders is data: it changes nothing but a warning."""

    facts: tuple[NoteFact, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Segment(Value):
    """A stretch of dictation: its time in seconds, its text, and where that stands in the whole transcript."""

    start_s: float
    end_s: float
    text: str
    chars: Chars
    section: str = ""


class Transcript(Value):
    """What was heard in one recording. `recording_sha256` is the file as it came, `text_sha256` the text stored."""

    recording_sha256: str
    text: str
    text_sha256: str
    segments: tuple[Segment, ...] = ()


class Dictations(Value):
    """The dictations of a case; without a speech model they are not assessed, never invented."""

    transcripts: tuple[Transcript, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class TrendPoint(Value):
    """One result of a trend: as recorded, and `converted` to the trend's unit; None where it cannot be converted.

    `ref` is the id of the lab result or of the record in the history.
    """

    date: str | None
    value: float | None
    comparator: str | None = None
    value_text: str
    unit: str
    converted: float | None
    ref: str


class LabTrend(Value):
    """One analyte over time, the oldest point first, in the latest result's UCUM unit.

    `delta` is the latest point less the one before, None where either is not a number in this unit.
    """

    id: str
    name: str
    loinc: str | None
    ucum: str | None
    points: tuple[TrendPoint, ...]
    delta: float | None
    direction: Trending
    evidence: tuple[str, ...] = ()


class EarlierFinding(Value):
    """What an earlier report states of one finding, its impression before its findings; `evidence` quotes it."""

    id: str
    label: str
    laterality: Laterality | None
    state: State
    change: Change | None = None
    date: str | None
    evidence: tuple[str, ...] = ()


class TimePoint(Value):
    """One time of a finding: as read of a film, or as a report says; `state` None: it could not be read there.

    `change` is that of a film against the one before it (`comparison` is its id, `since` that film's day), of a report
    its own word. `view` is the film's; one that is not `comparable` was taken in another view than the last, and the
    finding's size depends on the view.
    """

    date: str | None
    source: Literal["image", "report"]
    study_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    view: str | None = None
    comparable: bool = True
    state: State | None
    probability: Probability | None = None
    change: Change | None = None
    since: str | None = None
    comparison: str | None = None
    evidence: tuple[str, ...] = ()


class ChangeSince(Value):
    """How the latest film differs from an earlier one of the day `since`, by the comparison of that id."""

    change: Change
    since: str | None
    comparison: str


class FindingTimeline(Value):
    """One finding on one side over all times, the oldest first; the last film is that of `study_instance_uid`.

    `state` is how it stands: against the nearest earlier film, uncertain where the films contradict each other, None
    where nothing could be compared. `best` and `worst` are the earlier films on which there was least and most of it,
    none at all being best; `least` the one with least of those on which it was there. They are None where it is not
    known which film that is, or the comparison with it is uncertain. `conflicts` says in words what contradicts what;
    `contradictory`: the films do, and have no order.
    """

    id: str
    finding: str
    label: str
    laterality: Laterality | None
    study_instance_uid: str
    points: tuple[TimePoint, ...]
    state: Change | None
    nearest: ChangeSince | None = None
    best: ChangeSince | None = None
    worst: ChangeSince | None = None
    least: ChangeSince | None = None
    conflicts: tuple[str, ...] = ()
    contradictory: bool = False


class SecondLook(Value):
    """One thing on which a person's report and a case differ.

    missing: the case shows it, the report does not mention it. unsupported: the report states it, and the case was not
    asked. contradicted: the two say otherwise of the same thing. `label` is a finding's, or the printed name of a
    result; `text` is the report's sentence and `chars` its place, both empty where the report says nothing.
    """

    kind: Literal["missing", "unsupported", "contradicted"]
    label: str | None = None
    laterality: Laterality | None = None
    text: str = ""
    chars: Chars | None = None
    detail: str
    evidence: tuple[str, ...] = ()


class SecondRead(Value):
    """A person's own report held against a case. `evidence` are the places in both; `warnings` what was not judged."""

    items: tuple[SecondLook, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
