"""Intake: what a case folder holds. Everything that can be read is; everything else is refused by name.

Patient identifiers stay in this file: they are compared as keyed hashes or among the files themselves, and what goes
on is a Case without any.
"""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple, get_args

from memory.artifacts import Artifacts
from prelim.documents.identity import identity_in, readings
from prelim.documents.read import read_document
from prelim.errors import InputError, RefusedError
from prelim.imaging.dicom import check_size, is_dicom, read, read_header
from prelim.imaging.series import Source
from prelim.types import Case, Document, Refusal, Series, Sex, Study, Value, digest_of
from tools.manifest import CASE_FILE, CaseFile, File, Manifest, case_file, scan
from tools.papers import Paper, document_of, known_of, strangers
from tools.studies import Files, Picture, studies_of

__all__ = ["Inspection", "Manifest", "identify", "inspect", "intake", "scan"]
KeyOf = Callable[[str], str]
_RASTER = (b"\x89PNG", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"BM")


class Who(NamedTuple):
    """Whose case it is. A temporary patient has no history."""

    patient_key: str
    temporary: bool


class Inspection(Value):
    """What intake sees, without a patient (the contract's `inspect` document)."""

    series: tuple[Series, ...]
    documents: tuple[Document, ...]
    refused: tuple[Refusal, ...]


# ------------------------------------------------------------------ whose case


def identify(manifest: Manifest, artifacts: Artifacts, patient_id: str | None, key_of: KeyOf) -> Who:
    """The patient: as asked for, else as case.yaml says, else as the images agree, else a temporary one.

    RefusedError patient_mismatch where two ids of one issuer contradict each other and `other_ids` lists neither.
    """
    stated = case_file(manifest, artifacts).patient
    carried = _carried(manifest, artifacts)
    chosen = [id.strip() for id in (patient_id or "", stated.id) if id.strip()]
    main = next(iter(chosen), None) or next((id for id, _ in carried), None)
    if main is None:
        files = sorted(file.sha256 for file in manifest.files)
        return Who("t-" + digest_of(files)[:32], True)
    issuers = {issuer for id, issuer in carried if id == main}
    allowed = {main, *stated.other_ids}
    strangers = [
        id for id, issuer in carried if id not in allowed and not (issuer and issuers - {""} and issuer not in issuers)
    ]
    if strangers or any(id not in allowed for id in chosen):
        message = "The files carry the ids of different patients."
        raise RefusedError("patient_mismatch", message, f"Separate them, or list the ids in {CASE_FILE} as other_ids.")
    return Who(key_of(main), False)


def _carried(manifest: Manifest, artifacts: Artifacts) -> list[tuple[str, str]]:
    """The (id, issuer) pairs that the DICOM files carry, without empty ids."""
    found: dict[tuple[str, str], None] = {}
    for file in manifest.files:
        data = artifacts.get(file.sha256)
        if is_dicom(data):
            try:
                header = read_header(data, file.path)
            except InputError:
                continue  # intake refuses this file by name
            id = str(header.get("PatientID") or "").strip()
            if id:
                found[(id, str(header.get("IssuerOfPatientID") or "").strip())] = None
    return list(found)


# ------------------------------------------------------------------ the case


class _Taken:
    """The files of a case, sorted by what they hold."""

    def __init__(self, stated: CaseFile, refused: Sequence[Refusal]) -> None:
        self.stated, self.refused = stated, list(refused)
        self.sources: list[Source] = []
        self.pictures: list[Picture] = []
        self.papers: list[Paper] = []

    def images(self) -> Files:
        return Files(self.sources, self.pictures, self.stated)

    def document(self, paper: Paper, artifacts: Artifacts) -> Document:
        return document_of(paper, self.images().note(paper.file.path), artifacts)


def intake(manifest: Manifest, artifacts: Artifacts, *, patient_key: str, key_of: KeyOf) -> Case:
    """Read every file of the case. What cannot be read is in `refused`; InputError no_content if nothing can."""
    taken = _take(manifest, artifacts)
    studies, undecoded = studies_of(taken.images(), artifacts)
    papers, foreign, warnings = _papers(taken, patient_key, key_of)
    refused = (*taken.refused, *undecoded, *foreign)
    if not studies and not papers:
        first = refused[0].message if refused else "It is empty."
        raise InputError("no_content", f"Nothing in this case can be read. {first}", "Add readable files.")
    if patient_key.startswith("t-"):
        warnings.append("No patient id: a temporary patient, whose history is neither read nor written.")
    return Case(
        patient_key=patient_key,
        temporary_patient=patient_key.startswith("t-"),
        sex=_sex(taken),
        age_years=_age(taken, studies),
        indication=taken.stated.indication,
        studies=studies,
        documents=tuple(taken.document(paper, artifacts) for paper in papers),
        refused=refused,
        warnings=(*warnings, *_undated(studies)),
    )


def inspect(path: Path, artifacts: Artifacts) -> Inspection:
    """What intake sees in a folder or file; ids are not compared."""
    taken = _take(scan(path, artifacts), artifacts)
    studies, undecoded = studies_of(taken.images(), artifacts)
    return Inspection(
        series=tuple(series for study in studies for series in study.series),
        documents=tuple(taken.document(paper, artifacts) for paper in taken.papers),
        refused=(*taken.refused, *undecoded),
    )


def _take(manifest: Manifest, artifacts: Artifacts) -> _Taken:
    taken = _Taken(case_file(manifest, artifacts), manifest.refused)
    for file in manifest.files:
        if file.path != CASE_FILE:
            try:
                _take_one(taken, file, artifacts.get(file.sha256))
            except InputError as error:
                taken.refused.append(Refusal(path=file.path, code=error.code, message=str(error)))
    return taken


def _take_one(taken: _Taken, file: File, data: bytes) -> None:
    """By what it holds, not by what it is called; only what claims to be DICOM and is not is refused by its name."""
    name = file.path
    if is_dicom(data):
        dataset = read(data, name)
        check_size(dataset, name)
        taken.sources.append(Source(name, dataset))
    elif data.startswith(_RASTER):
        taken.pictures.append(Picture(file, data))
    elif name.lower().endswith((".dcm", ".dicom", ".ima")):
        raise InputError("not_dicom", f"{name} is not a DICOM file.", "Export it again, or rename it.", name)
    else:
        taken.papers.append(Paper(file, read_document(data, name)))


def _papers(taken: _Taken, patient_key: str, key_of: KeyOf) -> tuple[list[Paper], list[Refusal], list[str]]:
    """The papers that are this patient's. A temporary patient has no id that a paper could contradict."""
    stated = taken.stated.patient
    own = {key_of(id) for id in (stated.id, *stated.other_ids) if id.strip()}
    keys = frozenset() if patient_key.startswith("t-") else frozenset({patient_key, *own})
    names = [stated.name, *(str(source.dataset.get("PatientName") or "") for source in taken.sources)]
    days = [day for text in _birth_dates(taken) for day in readings(text)]
    papers = [(paper, frozenset(key_of(id) for id in identity_in(paper.read.text).ids)) for paper in taken.papers]
    return strangers(papers, known_of(keys, names, days))


def _birth_dates(taken: _Taken) -> list[str]:
    tags = [str(source.dataset.get("PatientBirthDate") or "") for source in taken.sources]
    return [text for text in (taken.stated.patient.birth_date or "", *tags) if text]


def _sex(taken: _Taken) -> Sex | None:
    if taken.stated.patient.sex:
        return taken.stated.patient.sex
    tags = {str(source.dataset.get("PatientSex") or "") for source in taken.sources}
    known: tuple[Sex, ...] = get_args(Sex)
    return next((sex for sex in known if sex in tags), None)


def _age(taken: _Taken, studies: Sequence[Study]) -> int | None:
    """Full years on the day of the latest study."""
    born = min((day for text in _birth_dates(taken) for day in readings(text)), default=None)
    last = max((study.date for study in studies if study.date), default=None)
    if not born or not last:
        return None
    birth, day = date.fromisoformat(born), date.fromisoformat(last)
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _undated(studies: Sequence[Study]) -> list[str]:
    """A warning where the order of several studies cannot be known."""
    undated = sum(study.date is None and study.role == "current" for study in studies)
    return [f"{undated} studies carry no date: all are read as current."] if undated > 1 else []
