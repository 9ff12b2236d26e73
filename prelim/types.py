"""The words of Prelim: frozen values that travel as plain JSON.

Frames: `box_px` is [y0, x0, y1, x1] in the stored pixel matrix, floats, half-open pixel edges, origin at the top left.
`box_pt` is [x0, top, x1, bottom] in PDF points, origin at the page's top left. Positions are LPS millimetres
(DICOM's patient frame). Dates are ISO 8601 days. Every `*_sha256` names a blob in the artifact store.
Every `evidence` field but the draft's own holds evidence ids.
"""

import hashlib
import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

BoxPx = tuple[float, float, float, float]
BoxPt = tuple[float, float, float, float]
Chars = tuple[int, int]
Vector3 = tuple[float, float, float]
Kind = Literal["projection", "volume", "still", "clip", "photograph", "slide", "scout", "other"]
Laterality = Literal["left", "right", "bilateral", "midline"]
State = Literal["present", "absent", "uncertain"]
Change = Literal["new", "worse", "stable", "better", "resolved", "uncertain"]
Urgency = Literal["critical", "urgent", "routine", "not_triaged"]
DocumentKind = Literal["lab", "note", "report", "text", "record", "dictation"]
"""A record is an export of a patient's history: a FHIR bundle."""
RecordType = Literal[
    "report",
    "study",
    "finding",
    "box",
    "lab",
    "note",
    "panel",
    "vital",
    "observation",
    "condition",
    "medication",
    "allergy",
    "procedure",
    "encounter",
    "imaging",
]
Role = Literal["prior", "current", "lab", "note", "report", "dictation"]
Flaw = Literal["blank", "noise", "inverted", "rotated", "mirrored", "screen"]
Quality = Literal["readable", "unreadable", "uncertain", "not_assessed"]
Support = Literal["supported", "unsupported", "abstained", "attested"]
Section = Literal["indication", "technique", "comparison", "findings", "impression", "recommendation"]
Source = Literal["model", "template", "person"]
Sex = Literal["F", "M", "O"]
Probability = Annotated[float, Field(ge=0, le=1)]


class Value(BaseModel):
    """Base of all values: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def digest_of(value: object) -> str:
    """sha256 of a value's canonical JSON (sorted keys, no spaces). Pydantic values are dumped first."""
    plain = json.dumps(value, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def _plain(value: object) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no plain JSON form")


# ------------------------------------------------------------------ what a case holds


class Patient(Value):
    """Who the case is about, as the files say. Lives in intake alone; everything else knows the patient_key."""

    id: str = ""
    name: str = ""
    birth_date: str | None = None
    sex: Sex | None = None
    issuer: str = ""
    other_ids: tuple[str, ...] = ()


class Image(Value):
    """One frame, ready to be shown: an 8-bit grey or RGB PNG of the stored matrix, bright = dense, not padded.

    A CT slice is RGB, its channels three HU windows (prelim/imaging/windows.py). `frame` counts from 0, a mosaic's
    tiles and a slide's patches as frames; `position` is the place in the series' order, from 0. `region_px` is the
    part of the stored matrix that the PNG shows, None for all of it: a patch of a slide shows its part smaller.
    `flaws` are what is wrong with it to be read. `rows_to` and `columns_to` are the patient directions in which row and
    column indices grow, as DICOM's Patient Orientation writes them reversed in order: columns_to "L" = the patient's
    left lies on the image's right. None where unknown. `orientation_from` says who knows it.
    """

    sop_instance_uid: str
    frame: int = 0
    pixels_sha256: str
    rows: int
    columns: int
    columns_to: str | None = None
    rows_to: str | None = None
    orientation_from: Literal["tag", "convention", "unknown"] = "unknown"
    marker_conflict: bool = False
    position: int = 0
    region_px: BoxPx | None = None
    flaws: tuple[Flaw, ...] = ()


class ImageSet(Value):
    """The images of one series in anatomical order, as they may be shown to a model.

    `total`: how many there were to choose from; where it is more than there are images, they were sampled evenly,
    both ends kept, and each image's `position` says which it is.
    """

    images: tuple[Image, ...] = ()
    total: int = 0


class Series(Value):
    """One series (or one volume of it): where it lies in space and what it looks like.

    `shape` is [slices, rows, columns]; `affine_lps` maps (column, row, slice) to mm, row major 4×4, None where the
    spacing is uneven or unknown; `slice_origins_lps` has one position a slice; `spacing_mm` is (slice, row, column).
    `marks` are what tells a volume from the others of its series (an echo time, a time point).
    `provenance` is "drawn_phantom" where the drawing code marked the DICOM tags, else "clinical".
    """

    study_instance_uid: str
    series_instance_uid: str
    volume: int = 0
    marks: dict[str, str] = {}
    modality: str
    body_part: str = ""
    view: str | None = None
    description: str = ""
    kind: Kind
    frames: int
    shape: tuple[int, int, int]
    affine_lps: tuple[tuple[float, float, float, float], ...] | None = None
    slice_origins_lps: tuple[Vector3, ...] | None = None
    spacing_mm: tuple[float | None, float, float] | None = None
    photometric: str = ""
    value_range: tuple[float, float] | None = None
    date: str | None = None
    time: str | None = None
    provenance: Literal["drawn_phantom", "clinical"] = "clinical"
    issues: tuple[str, ...] = ()
    image_set: ImageSet = ImageSet()


class Study(Value):
    """One examination. `role` says how this case uses it."""

    study_instance_uid: str
    date: str | None = None
    role: Literal["current", "prior"] = "current"
    description: str = ""
    series: tuple[Series, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _without_accession(cls, stored: Any) -> Any:
        """An accession number names a patient: what an earlier version stored of it is not read."""
        return {key: item for key, item in stored.items() if key != "accession"} if isinstance(stored, dict) else stored


class Document(Value):
    """One text of the case. `sha256` is the file as it came, `text_sha256` its text (UTF-8), the frame of `chars`.

    `path` is relative to the case folder. `words_sha256` (PDFs, scans and photographs of paper) is a JSON list of
    pages, each a list of [text, x0, top, x1, bottom] in points, with a sixth item where a second reading of a scan
    differed; `pages_sha256` are a scan's pages as PNG, upright and deskewed, the frame of its boxes at `page_dpi`, and
    "" for a page that has text itself.
    `entries_sha256` (FHIR, HL7) is a JSON list of `prelim.facts.Entry`; its text has a line for each.
    """

    path: str
    sha256: str
    kind: DocumentKind
    pages: int = 1
    date: str | None = None
    text_sha256: str
    words_sha256: str | None = None
    pages_sha256: tuple[str, ...] = ()
    page_dpi: float | None = None
    entries_sha256: str | None = None
    issues: tuple[str, ...] = ()


class Recording(Value):
    """A dictation as it came: its sound is heard by the dictation tool alone."""

    path: str
    sha256: str
    seconds: float
    date: str | None = None
    issues: tuple[str, ...] = ()


class Refusal(Value):
    """A file that was not taken, and why."""

    path: str
    code: str
    message: str


class Case(Value):
    """What intake made of a case folder. Holds no patient identifier: `patient_key` is a keyed hash."""

    patient_key: str
    temporary_patient: bool = False
    sex: Sex | None = None
    age_years: int | None = None
    indication: str = ""
    studies: tuple[Study, ...] = ()
    documents: tuple[Document, ...] = ()
    recordings: tuple[Recording, ...] = ()
    refused: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()


# ------------------------------------------------------------------ what tools find


class Evidence(Value):
    """An address: an image region, a span of text, a lab cell, an earlier statement, a finding, a comparison.

    `id` is a hash of the address (see `evidence`), so the same place has the same id wherever it is named.
    An image's address without an instance is every image of the series' `image_set`, as shown to the model.
    `ref` points at a record of the history or an item of the draft, or names the tool that saw the place. `pointer` is
    the place in a structured file (a JSON pointer, RFC 6901, or an HL7 field such as OBX[3]-5), `time_s` the part of a
    recording, [start, end] in seconds.
    `date` is the day of what is quoted, where its source gives one.
    """

    id: str
    kind: Literal["image", "text", "lab", "statement", "finding", "comparison"]
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    sop_instance_uid: str | None = None
    frame: int | None = None
    box_px: BoxPx | None = None
    document_sha256: str | None = None
    page: int | None = None
    box_pt: BoxPt | None = None
    chars: Chars | None = None
    quote: str | None = None
    pointer: str | None = None
    time_s: tuple[float, float] | None = None
    date: str | None = None
    ref: str | None = None


def evidence(kind: str, **address: Any) -> Evidence:
    """Evidence with its id made from its address. `ref` is no part of the id: record ids differ between homes."""
    item = Evidence(id="", kind=kind, **address)
    plain = item.model_dump(mode="json", exclude={"id", "ref"} if item.kind in ("statement", "text") else {"id"})
    return item.model_copy(update={"id": "e-" + digest_of(plain)[:12]})


class Finding(Value):
    """One label on one side of one study. `label` is a key of the knowledge tables.

    `laterality` is None where the side cannot be known. `probability` is that the finding is present, the mean of
    all ways of asking; None if the model gave none. `calibrated`: probability and state follow what was fitted at this
    site. `out_of_scope`: the model's card does not cover the question.
    """

    id: str
    label: str
    laterality: Laterality | None
    state: State
    probability: Probability | None
    study_instance_uid: str
    change: Change | None = None
    calibrated: bool = False
    out_of_scope: bool = False
    evidence: tuple[str, ...] = ()


class NotAssessed(Value):
    """What the model's card does not cover, or what could not be asked."""

    study_instance_uid: str | None
    task: str
    label: str | None
    reason: str


class Box(Value):
    """Where a finding lies, in original pixels."""

    id: str
    label: str
    laterality: Laterality | None = None
    sop_instance_uid: str
    frame: int
    box_px: BoxPx
    out_of_scope: bool = False
    evidence: tuple[str, ...] = ()


class Comparison(Value):
    """How one finding changed between two films; `probability` is the lower of the two orders'.

    `nearest`: the later film is a current one, the earlier the nearest that it may be compared with: by this a
    finding's change is told. All others place the film in the finding's course.
    """

    id: str
    label: str
    laterality: Laterality | None = None
    prior_sop_instance_uid: str
    current_sop_instance_uid: str
    prior_date: str | None
    current_date: str | None
    change: Change
    probability: Probability | None
    swap_consistent: bool
    nearest: bool = True
    out_of_scope: bool = False
    evidence: tuple[str, ...] = ()


class TimedFilm(Value):
    """One film of a patient at its time: the film that is asked about of its study."""

    study_instance_uid: str
    sop_instance_uid: str
    date: str | None
    view: str | None = None
    evidence: tuple[str, ...] = ()


class FilmChain(Value):
    """The films that one current study is seen with, the oldest first; the last is the study's own."""

    study_instance_uid: str
    films: tuple[TimedFilm, ...]


class Reference(Value):
    """A reference range as printed, and what could be read from it. Limits are inclusive."""

    low: float | None = None
    high: float | None = None
    text: str = ""
    applies_to: str | None = None


class LabResult(Value):
    """One row of a lab report. `flag` is recomputed from value and reference; `flag_printed` is the paper's own."""

    id: str
    name: str
    specimen: str | None = None
    loinc: str | None = None
    kind: Literal["numeric", "qualitative", "text"]
    value: float | None
    comparator: Literal["<", "<=", ">", ">="] | None = None
    value_text: str
    unit: str = ""
    ucum: str | None = None
    reference: Reference = Reference()
    flag_printed: str | None = None
    flag: Literal["L", "H", "N"] | None = None
    flag_conflict: bool = False
    collected: str | None = None
    """An ISO day, or the moment as the source writes it."""
    readers: Literal["both", "table", "model"]
    disagreement: str | None = None
    evidence: tuple[str, ...] = ()


class Triage(Value):
    """What triage found on the films of a case. `quality` maps a study UID to what its film was judged."""

    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    urgency: Urgency = "not_triaged"
    quality: dict[str, Quality] = {}
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Localization(Value):
    boxes: tuple[Box, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Longitudinal(Value):
    """How findings changed. `comparisons` has those with the nearest film first; `earlier` is what was read of the
    earlier films: one that could not be read has none."""

    comparisons: tuple[Comparison, ...] = ()
    chains: tuple[FilmChain, ...] = ()
    earlier: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Reading(Value):
    """The model's own description of one film, volume, slide or photograph, cut into sentences. Unchecked.

    `shown` of `total` images were given to the model. `evidence` is the image, or the series for all of them.
    """

    id: str
    study_instance_uid: str
    series_instance_uid: str
    volume: int = 0
    sentences: tuple[str, ...]
    shown: int
    total: int
    out_of_scope: bool = False
    evidence: tuple[str, ...] = ()


class Readings(Value):
    """What the model described, and the findings that triage probed for on the same studies."""

    readings: tuple[Reading, ...] = ()
    findings: tuple[Finding, ...] = ()
    not_assessed: tuple[NotAssessed, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class PagePicture(Value):
    """A strip of a document's page as PNG: `clip_pt` is the part of the page that it shows, in the page's points."""

    document_sha256: str
    page: int
    clip_pt: BoxPt
    rows: int
    columns: int
    pixels_sha256: str


class PagePictures(Value):
    pages: tuple[PagePicture, ...] = ()
    warnings: tuple[str, ...] = ()


class Labs(Value):
    """Results of a case; `earlier` are those too old for its table, kept for trends."""

    labs: tuple[LabResult, ...] = ()
    earlier: tuple[LabResult, ...] = ()
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class Record(Value):
    """One dated thing in a patient's history. `text` is what is embedded and quoted; `data` is typed by `type`.

    type "study" holds a Study in `data`, "finding" a Finding (of a signed draft) or a ReportFinding (of an earlier
    report), "lab" a LabResult, "box" a Box; "report" and "note" hold their text; what FHIR states holds `status` and
    what its type has beside (see prelim/documents/fhir_entries.py). `date` is a day, `time` the moment as it was
    written, where one was. `source` names the case, file or resource it came from, never a path; `version` is when
    that was last changed, in UTC, where its source says so. What a search found has its `score`, and in `passage` the
    part of its text that answers.
    """

    id: str
    type: RecordType
    date: str | None
    time: str | None = None
    title: str
    text: str
    value: float | None = None
    unit: str | None = None
    loinc: str | None = None
    source: str = ""
    version: str | None = None
    score: float | None = None
    passage: Chars | None = None
    data: dict[str, Any] = {}


class Priors(Value):
    """What the history holds that bears on this case: studies to compare with, and records to quote, best first."""

    studies: tuple[Study, ...] = ()
    records: tuple[Record, ...] = ()
    labs: tuple[Record, ...] = ()
    """Earlier results, for trends."""
    warnings: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class ModelIdentity(Value):
    """Which model answered; `digest` is over all its files, `card` is the digest of its card.

    `verified` is False for a served model: its digest is over its name and addresses, its weights are the server's.
    """

    name: str
    revision: str
    digest: str
    card: str
    verified: bool = True
