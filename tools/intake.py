"""Intake: what a case folder holds. Everything that can be read is; everything else is refused by name.

What goes on is a Case without any identifier of the patient.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from memory.artifacts import Artifacts
from prelim.audio import open_sound
from prelim.documents.files import open_document, open_picture
from prelim.errors import InputError, PrelimError, RefusedError
from prelim.imaging.dicom import is_dicom
from prelim.imaging.files import head_of, open_dicom
from prelim.imaging.grouping import Source
from prelim.imaging.raster import is_raster
from prelim.imaging.tags import complete_uids, text, uid_of_file
from prelim.isolation import call_each
from prelim.sound_file import is_sound
from prelim.types import Case, Document, Recording, Refusal, Series, Sex, Study, Value
from tools.case_file import CASE_FILE, PAPER_ROLES, CaseFile, FileNote, case_file, is_case_file
from tools.manifest import File, Manifest, scan
from tools.papers import Paper, document_of, keep_own, orders_in
from tools.patient import KeyOf, Known, Who, identify, image_warnings, keep_own_images, known_of
from tools.studies import Files, Picture, complete_tags, studies_of

__all__ = ["Inspection", "Manifest", "Who", "identify", "inspect", "intake", "scan"]
_DICOM_NAMES = (".dcm", ".dicom", ".ima")


class Seen(Series):
    """A series as `inspect` shows it: with the path of one of its files, which `case.yaml` can name."""

    file: str


class SeenRecording(Recording):
    """A recording as `inspect` lists it, among the documents."""

    kind: Literal["dictation"] = "dictation"
    pages: int = 1


class Inspection(Value):
    """What intake sees, without a patient (the contract's `inspect` document)."""

    series: tuple[Seen, ...]
    documents: tuple[Document | SeenRecording, ...]
    refused: tuple[Refusal, ...]


class _Taken:
    """The files of a case, sorted by what they hold."""

    def __init__(self, stated: CaseFile, refused: Iterable[Refusal]) -> None:
        self.stated, self.refused = stated, list(refused)
        self.sources: list[Source] = []
        self.pictures: list[Picture] = []
        self.papers: list[Paper] = []
        self.recordings: list[Recording] = []

    def first(self, file: File, seen: dict[str, str]) -> bool:
        """Whether a file is not the copy of an earlier one; a copy is refused."""
        earlier = seen.setdefault(file.sha256, file.path)
        if earlier != file.path:
            message = f"{file.path} is a copy of {earlier}: read once."
            self.refuse(file, InputError("duplicate", message, "", file.path))
        return earlier == file.path

    def refuse(self, file: File, error: InputError) -> None:
        self.refused.append(Refusal(path=file.path, code=error.code, message=str(error)))

    def paths(self) -> dict[str, str]:
        """UID of an image, or of its series → the path of its file."""
        found = {uid_of_file(picture.file.sha256): picture.file.path for picture in self.pictures}
        for source in self.sources:
            for keyword in ("SeriesInstanceUID", "SOPInstanceUID"):
                found.setdefault(text(source.header, keyword), source.path)
        return found

    def images(self) -> Files:
        return Files(self.sources, self.pictures, self.stated)

    def document(self, paper: Paper, artifacts: Artifacts) -> Document:
        return document_of(paper, self.stated.note(paper.file.path), artifacts)


def intake(
    manifest: Manifest,
    artifacts: Artifacts,
    *,
    patient_key: str,
    key_of: KeyOf,
    languages: str = "eng",
    on_paper: bool = False,
    beside: Known | None = None,
) -> Case:
    """Read every file of the case; what cannot be read is in `refused`. `languages` are those of its scans.

    `on_paper`: a picture of which nothing else is said is a sheet of paper, whatever it looks like. `beside`: what is
    known of the patient from elsewhere, where the files alone do not say it.

    Where nothing can: RefusedError patient_mismatch if all of it is another patient's, else InputError with the
    file's own code, no_content if there are several.
    """
    taken = _take(manifest, artifacts, languages, on_paper)
    known = beside or known_of(patient_key, taken.stated, [source.header for source in taken.sources], key_of)
    taken.sources, foreign = keep_own_images(taken.sources, known)
    warnings = image_warnings(taken.sources, known)
    studies, undecoded = studies_of(taken.images(), artifacts)
    kept = keep_own(taken.papers, known, key_of)
    refused = (*taken.refused, *undecoded, *foreign, *kept.refused)
    if not studies and not kept.papers and not taken.recordings:
        raise _nothing(refused)
    documents = tuple(taken.document(paper, artifacts) for paper in kept.papers)
    warnings += orders_in(documents, artifacts)
    if patient_key.startswith("t-"):
        warnings.append("No patient id: a temporary patient, whose history is neither read nor written.")
    return Case(
        patient_key=patient_key,
        temporary_patient=patient_key.startswith("t-"),
        sex=_sex(taken),
        age_years=_age(known, studies),
        indication=taken.stated.indication,
        studies=studies,
        documents=documents,
        recordings=tuple(taken.recordings),
        refused=refused,
        warnings=(*warnings, *kept.warnings, *_undated(studies), *_unheard(taken.recordings)),
    )


def inspect(path: Path, artifacts: Artifacts, languages: str = "eng") -> Inspection:
    """What intake sees in a folder or file; ids are not compared."""
    taken = _take(scan(path, artifacts), artifacts, languages)
    studies, undecoded = studies_of(taken.images(), artifacts)
    return Inspection(
        series=tuple(_seen(series, taken.paths()) for study in studies for series in study.series),
        documents=(
            *(taken.document(paper, artifacts) for paper in taken.papers),
            *(SeenRecording(**dict(recording)) for recording in taken.recordings),
        ),
        refused=(*taken.refused, *undecoded),
    )


def _seen(series: Series, paths: Mapping[str, str]) -> Seen:
    uids = [image.sop_instance_uid for image in series.image_set.images] or [series.series_instance_uid]
    return Seen(**dict(series), file=next((paths[uid] for uid in uids if uid in paths), ""))


def _nothing(refused: Sequence[Refusal]) -> PrelimError:
    """The error of a case without anything that can be read."""
    if not refused:
        remedy = "Put images, notes or lab reports there."
        return InputError("empty_case", f"The case holds nothing beside {CASE_FILE}.", remedy, CASE_FILE)
    first = refused[0]
    if all(refusal.code == "patient_mismatch" for refusal in refused):
        return RefusedError(first.code, first.message, "", first.path)
    if len(refused) == 1:
        return InputError(first.code, first.message, "", first.path)
    message = f"None of the {len(refused)} files can be read. The first: {first.message}"
    return InputError("no_content", message, "`prelim inspect` lists all.", first.path)


# ------------------------------------------------------------------ taking files


def _take(manifest: Manifest, artifacts: Artifacts, languages: str, on_paper: bool = False) -> _Taken:
    taken = _Taken(case_file(manifest, artifacts), manifest.refused)
    seen: dict[str, str] = {}
    once = [file for file in manifest.files if file.path != CASE_FILE and taken.first(file, seen)]

    def opened(file: File) -> Source | Picture | Recording | Paper:
        return _opened(file, taken.stated, artifacts, languages, on_paper)

    for file, found in zip(once, call_each(opened, once), strict=True):
        if isinstance(found, InputError):
            taken.refuse(file, found)
        elif isinstance(found, Source):
            taken.sources.append(found)
        elif isinstance(found, Picture):
            taken.pictures.append(found)
        elif isinstance(found, Recording):
            taken.recordings.append(found)
        else:
            taken.papers.append(found)
    return taken


def _opened(
    file: File, stated: CaseFile, artifacts: Artifacts, languages: str, on_paper: bool
) -> Source | Picture | Recording | Paper:
    """By what it holds, not by what it is called; only what claims to be DICOM and is not is refused by its name."""
    name, place = file.path, artifacts.file(file.sha256)
    head = head_of(place)
    if is_dicom(head):
        source = open_dicom(name, place)
        complete_uids(source.header, file.sha256)
        complete_tags(source, stated.note(name))
        return source
    if is_raster(head):
        return _picture_or_paper(Picture(file, place), stated.note(name), languages, on_paper)
    if is_sound(head):
        sound = open_sound(name, place)
        day = stated.note(name).date
        return Recording(path=name, sha256=file.sha256, seconds=sound.seconds, date=day, issues=sound.issues)
    if name.lower().endswith(_DICOM_NAMES):
        raise InputError("not_dicom", f"{name} is not a DICOM file.", "Export it again, or rename it.", name)
    if is_case_file(name):
        remedy = f"Only a {CASE_FILE} at the top of the case is read."
        raise InputError("unsupported", f"{name} is the {CASE_FILE} of another folder.", remedy, name)
    return Paper(file, open_document(name, place, languages))


def _picture_or_paper(picture: Picture, note: FileNote, languages: str, on_paper: bool) -> Picture | Paper:
    """What case.yaml calls a document is one; what it says nothing of is looked at."""
    unsaid = note.model_copy(update={"date": None}) == FileNote()
    asked = note.role in PAPER_ROLES or (on_paper and unsaid)
    if not asked and not unsaid:
        return picture
    read = open_picture(picture.file.path, picture.place, languages, asked=asked)
    return picture if read is None else Paper(picture.file, read)


# ------------------------------------------------------------------ the patient, without identifiers


def _sex(taken: _Taken) -> Sex | None:
    if taken.stated.patient.sex:
        return taken.stated.patient.sex
    tags = {text(source.header, "PatientSex") for source in taken.sources}
    known: tuple[Sex, ...] = get_args(Sex)
    return next((sex for sex in known if sex in tags), None)


def _age(known: Known, studies: Sequence[Study]) -> int | None:
    """Full years on the day of the latest study; None where the birth date is not one day, or lies after it."""
    last = max((study.date for study in studies if study.date), default=None)
    if len(known.birth_dates) != 1 or not last:
        return None
    birth, day = date.fromisoformat(min(known.birth_dates)), date.fromisoformat(last)
    age = day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))
    return age if age >= 0 else None


def _unheard(recordings: Sequence[Recording]) -> list[str]:
    """What is odd about the recordings, and that nothing in them says whose they are."""
    odd = [f"{recording.path}: {issue}" for recording in recordings for issue in recording.issues]
    paths = ", ".join(recording.path for recording in recordings[:3])
    return [*odd, f"Whose voice and whose findings a recording holds is not checked: {paths}."] if paths else odd


def _undated(studies: Sequence[Study]) -> list[str]:
    """A warning where the order of several studies cannot be known."""
    undated = sum(study.date is None and study.role == "current" for study in studies)
    return [f"{undated} studies carry no date: all are read as current."] if undated > 1 else []
