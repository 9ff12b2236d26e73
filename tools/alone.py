"""A tool on files, without a case: intake reads them, no patient is known, nothing is remembered but results."""

import json
from collections.abc import Sequence
from pathlib import Path

from prelim.errors import InputError, RefusedError
from prelim.facts import Notes
from prelim.imaging.selection import best_frontal
from prelim.knowledge import FindingRule, table
from prelim.types import (
    Case,
    Document,
    Finding,
    Labs,
    Laterality,
    Localization,
    Longitudinal,
    Priors,
    Readings,
    Recording,
    Study,
    Triage,
    digest_of,
)
from tools.case_file import CASE_FILE, FileNote, is_case_file
from tools.dictation import Transcription, transcription
from tools.intake import intake, scan
from tools.labs import labs
from tools.localization import localization
from tools.longitudinal import longitudinal
from tools.manifest import File, Manifest
from tools.notes import notes
from tools.patient import known_in, refuse_two_patients
from tools.priors import priors
from tools.reading import reading
from tools.tool import Context
from tools.triage import triage

_NOBODY = "t-alone"
_NOTHING = FileNote()


def _read(context: Context, path: Path, on_paper: bool = False, stated: FileNote = _NOTHING) -> Case:
    case = intake(
        _with_note(scan(path, context.artifacts), context, stated),
        context.artifacts,
        patient_key=_NOBODY,
        key_of=context.key_of,
        languages=context.settings.ocr_languages,
        on_paper=on_paper,
    )
    if case.refused and not (case.studies or case.documents or case.recordings):
        first = case.refused[0]
        raise InputError(first.code, first.message, "", first.path)
    return case


def _with_note(manifest: Manifest, context: Context, stated: FileNote) -> Manifest:
    """The files with a `case.yaml` that says this of each; one that is there already stands."""
    if stated == _NOTHING or any(is_case_file(file.path) for file in manifest.files):
        return manifest
    said = stated.model_dump(mode="json", exclude_none=True)
    text = json.dumps({"files": {file.path: said for file in manifest.files}}).encode()
    note = File(path=CASE_FILE, sha256=context.artifacts.put(text), size_bytes=len(text))
    return manifest.model_copy(update={"files": (*manifest.files, note)})


def studies_in(context: Context, path: Path, stated: FileNote = _NOTHING) -> tuple[Study, ...]:
    """The studies in a file or folder; `stated` is what its images do not say themselves. InputError no_image."""
    studies = _read(context, path, stated=stated).studies
    if not studies:
        raise InputError("no_image", f"{path.name} holds no image.", "Give a DICOM, PNG or JPEG file.", path.name)
    return studies


def triage_files(context: Context, paths: Sequence[Path]) -> Triage:
    """Triage of every image in the files."""
    return triage(context, studies=_all(context, paths))


def reading_files(context: Context, paths: Sequence[Path]) -> Readings:
    """The model's own description of what the files hold, and the findings that triage probes for."""
    return reading(context, studies=_all(context, paths))


def _all(context: Context, paths: Sequence[Path]) -> tuple[Study, ...]:
    return tuple(study for path in paths for study in studies_in(context, path))


def locate_file(context: Context, path: Path, target: str) -> Localization:
    """Boxes of a finding, named by its label, with or without a side ("right lung_opacity")."""
    rule, sides = _target(target)
    studies = studies_in(context, path)
    parts = [
        localization(context, studies=(study,), findings=(sought(study, rule, side),))
        for study in studies
        if best_frontal(study)
        for side in sides
    ]
    return Localization(
        boxes=tuple(box for part in parts for box in part.boxes),
        not_assessed=tuple(item for part in parts for item in part.not_assessed),
        warnings=tuple(text for part in parts for text in part.warnings),
        evidence=tuple({item.id: item for part in parts for item in part.evidence}.values()),
    )


def _target(target: str) -> tuple[FindingRule, Sequence[Laterality]]:
    words = target.lower().replace("-", " ").split()
    known = table("chest_xray").findings
    asked = " ".join(word for word in words if word not in ("left", "right"))
    for rule in known.values():
        if asked in (rule.label, rule.label.replace("_", " "), rule.name):
            sides: list[Laterality] = [side for side in rule.places if side in words]
            return rule, sides or list(rule.places)
    raise InputError("unknown_finding", f"No finding is called '{asked}'.", f"Known: {', '.join(known)}.")


def sought(study: Study, rule: FindingRule, side: Laterality | None) -> Finding:
    """A finding that the caller says is there: only where it lies is asked."""
    return Finding(
        id="f-" + digest_of(["sought", study.study_instance_uid, rule.label, side])[:12],
        label=rule.label,
        laterality=side,
        state="present",
        probability=None,
        study_instance_uid=study.study_instance_uid,
    )


def compare_files(context: Context, prior: Path, current: Path) -> Longitudinal:
    """The findings' change between two files. The caller says which is the earlier, whatever their dates say.

    RefusedError patient_mismatch where they are of two patients.
    """
    refuse_two_patients([scan(path, context.artifacts) for path in (prior, current)], context.artifacts)
    now = tuple(study.model_copy(update={"role": "current"}) for study in studies_in(context, current))
    last = min((study.date or "" for study in now), default="")
    earlier = tuple(
        study.model_copy(update={"role": "prior", "date": study.date if (study.date or "") <= last else None})
        for study in studies_in(context, prior)
    )
    found = longitudinal(context, current=now, prior=earlier, findings=triage(context, studies=now).findings)
    if any(study.date is None for study in earlier):
        said = "The film given as the earlier one is not dated, or dated later."
        found = found.model_copy(update={"warnings": (*found.warnings, said)})
    return found


def lab_files(context: Context, paths: Sequence[Path]) -> Labs:
    """Lab rows of every document in the files, whatever kind it was taken for."""
    return labs(context, documents=tuple(item for path in paths for item in _papers(context, path)))


def note_files(context: Context, paths: Sequence[Path]) -> Notes:
    """What every document in the files states, read as a note whatever kind it was taken for."""
    return notes(context, documents=tuple(item for path in paths for item in _papers(context, path)))


def _papers(context: Context, path: Path) -> tuple[Document, ...]:
    documents = _read(context, path, on_paper=True).documents
    if not documents:
        raise InputError("no_document", f"{path.name} holds no document.", "Give a note or a lab report.", path.name)
    return documents


def report_files(context: Context, path: Path, manifest: Manifest, patient_key: str) -> Case:
    """What a person's report holds, taken in as a document of the case of `manifest`.

    RefusedError patient_mismatch where it is about somebody else, InputError no_document where it holds none.
    """
    case = intake(
        scan(path, context.artifacts),
        context.artifacts,
        patient_key=patient_key,
        key_of=context.key_of,
        languages=context.settings.ocr_languages,
        on_paper=True,
        beside=known_in(manifest, context.artifacts, patient_key, context.key_of),
    )
    foreign = next((refusal for refusal in case.refused if refusal.code == "patient_mismatch"), None)
    if foreign:
        raise RefusedError(foreign.code, foreign.message, "", foreign.path)
    if not case.documents:
        raise InputError("no_document", f"{path.name} holds no document.", "Give a report as text or PDF.", path.name)
    return case


def transcribe_files(context: Context, paths: Sequence[Path]) -> Transcription:
    """What was dictated in the files. UnavailableError model_missing where there is no speech model."""
    recordings = tuple(item for path in paths for item in _recordings(context, path))
    return transcription(context, recordings)


def _recordings(context: Context, path: Path) -> tuple[Recording, ...]:
    recordings = _read(context, path).recordings
    if not recordings:
        raise InputError("no_recording", f"{path.name} holds no recording.", "Give WAV, FLAC or MP3.", path.name)
    return recordings


def priors_of(context: Context, patient_id: str, query: str) -> Priors:
    """What a patient's history holds about a question."""
    return priors(context, patient_key=context.key_of(patient_id), studies=(), query=query)
