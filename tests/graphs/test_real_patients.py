"""Every patient of the public data, a case folder each: a draft in review, nothing silently left out, nobody named."""

import hashlib
import io
import json
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pydicom
import pytest
from pydicom import Dataset

from app import cli, output
from prelim.draft import Draft
from prelim.imaging.tags import Header, complete_uids, uid_of_file
from prelim.models.chat import ChatMedGemma
from tests.graphs.test_real_input import well_formed

pytestmark = pytest.mark.integration
DICOM_SETS = (
    "cxr-misc",
    "ct-ge-gantrytilt",
    "mr-siemens-epi",
    "mr-agfa-privatetags",
    "us",
    "deid-dicom",
    "dicom-seg-sr",
    "wsi",
)
UNREAD = {
    "emri_small_jpeg_2k_lossless_too_short.dcm": "truncated",
    "liver_rle.dcm": "cannot_decode",
    "rwvm.dcm": "no_pixels",
    "sr.dcm": "no_pixels",
    "sr_document.dcm": "no_pixels",
    "sr_document_with_multiple_groups.dcm": "no_pixels",
    "sm_annotations.dcm": "no_pixels",
    "Fake_MONOHR1.dcm": "uid_conflict",
    "OBXXXX1A_rle_2frame.dcm": "uid_conflict",
    "metadata.json": "unsupported",
}
"""Files of the sets that cannot be read, or carry another's UID, and how they are refused."""
COMMON = {"patient", "anonymous", "anonymized", "modality", "regression", "removed", "perfusion", "stroke", "unknown"}
"""Words of made-up names that name nobody."""


class Told(NamedTuple):
    """What one command printed, and how it ended."""

    status: int
    document: dict[str, Any]
    stderr: str


class Clinic:
    """The command line on one home, and everything that it has printed."""

    def __init__(self, home: Path, patch: pytest.MonkeyPatch) -> None:
        self.home, self.patch, self.printed = home, patch, ""

    def told(self, *words: str | Path) -> Told:
        """Run a command with `--json`."""
        out, err, status = io.StringIO(), io.StringIO(), 0
        with self.patch.context() as patch:
            patch.setattr(sys, "argv", ["prelim", *map(str, words), "--json"])
            patch.setattr(output, "as_json", False)
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            try:
                cli.main()
            except SystemExit as ended:
                status = int(ended.code or 0)
        self.printed += out.getvalue() + err.getvalue()
        return Told(status, json.loads(out.getvalue()), err.getvalue())

    def draft(self, folder: Path) -> Draft:
        """A draft in review, with everything in its place."""
        told = self.told("draft", folder)
        assert told.status == 0, told.document
        assert told.stderr.startswith(f"case {told.document['case_id']}\n")
        draft = Draft.model_validate({name: value for name, value in told.document.items() if name != "out"})
        assert (Path(told.document["out"]) / "draft.html").is_file()
        well_formed(draft, out_of_scope=False)
        return draft

    def kept(self) -> str:
        """The names of all files of the home, the text of its drafts, and its data bases without the texts of the
        case: those lie in the artifact store, as they came.
        """
        files = [path for path in sorted(self.home.rglob("*")) if path.is_file()]
        parts = [str(path.relative_to(self.home)) for path in files]
        parts += [path.read_text() for path in files if path.suffix in (".json", ".html") and "cases" in path.parts]
        for path in files:
            if path.suffix == ".db":
                with sqlite3.connect(path) as sql:
                    parts += sql.iterdump()
        return "\n".join(parts)


@pytest.fixture
def clinic(tmp_path: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clinic]:
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    monkeypatch.setenv("PRELIM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PRELIM_THREADS", "1")
    monkeypatch.setenv("PRELIM_DEVICE", "cpu")
    yield Clinic(tmp_path / "home", monkeypatch)


# ------------------------------------------------------------------ patients and who they are


def header(path: Path) -> Dataset | None:
    """The header of a DICOM file, None for what is none."""
    if path.suffix not in (".dcm", ".img", ".seg"):
        return None
    return pydicom.dcmread(path, force=True, stop_before_pixels=True)


def patients(folder: Path) -> Iterator[list[Path]]:
    """The DICOM files of each patient of a folder, as a hospital would keep them apart."""
    apart: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        tags = header(path)
        if tags is not None:
            apart.setdefault(str(tags.get("PatientID", "")), []).append(path)
    yield from apart.values()


def case_of(files: list[Path], folder: Path) -> Path:
    """A case folder; the files keep their names, numbered, because two may share one."""
    folder.mkdir(parents=True)
    for number, path in enumerate(files):
        shutil.copy(path, folder / f"{number:03d}-{path.name}")
    return folder


def identifiers(files: list[Path]) -> set[str]:
    """What would name somebody: ids, accession numbers, parts of names, birth dates that are no study's day."""
    found: set[str] = set()
    for tags in filter(None, map(header, files)):

        def stated(*keywords: str, tags: Dataset = tags) -> list[str]:
            values = [tags.get(keyword, "") for keyword in keywords]
            return [str(one) for value in values for one in ([value] if isinstance(value, str) else value or [""])]

        found |= {id for id in stated("PatientID", "AccessionNumber", "OtherPatientIDs") if len(id) >= 4}
        people = ("PatientName", "ReferringPhysicianName", "NameOfPhysiciansReadingStudy", "OperatorsName")
        words = {word for keyword in people for word in re.split(r"[\^ =]", str(tags.get(keyword, "")))}
        found |= {word for word in words if len(word) >= 6 and word.lower() not in COMMON}
        [born] = stated("PatientBirthDate")
        if len(born) == 8 and born not in stated("StudyDate", "SeriesDate"):
            found |= {born, f"{born[:4]}-{born[4:6]}-{born[6:]}"}
    return found


def unnamed(text: str, names: set[str]) -> None:
    """None of the names stands in a text as a word of its own."""
    lowered = text.lower()
    assert not [name for name in names if re.search(rf"(?<![\w.]){re.escape(name.lower())}(?![\w.])", lowered)]


def nothing_is_left_out(draft: Draft, folder: Path) -> None:
    """Each file is an image of the draft, a document or refused by name; each current study says what was not read."""
    refused = {item["path"]: item["code"] for item in draft.provenance["refused"]}
    papers, studies = {document.path for document in draft.documents}, {s.study_instance_uid for s in draft.studies}
    for path in sorted(folder.iterdir()):
        tags = header(path)
        if path.name in refused:
            assert refused[path.name] == UNREAD[path.name.partition("-")[2]]
        elif tags is None:
            assert path.name in papers or uid_of_file(hashlib.sha256(path.read_bytes()).hexdigest()) in studies
        else:
            uids: Header = {"StudyInstanceUID": [str(tags.get("StudyInstanceUID", ""))]}
            complete_uids(uids, hashlib.sha256(path.read_bytes()).hexdigest())
            assert uids["StudyInstanceUID"][0] in studies, path.name
    declined = {item.study_instance_uid for item in draft.not_assessed}
    assert {study.study_instance_uid for study in draft.studies if study.role == "current"} <= declined
    assert all(item.reason for item in draft.not_assessed)


# ------------------------------------------------------------------ the drafts


@pytest.mark.parametrize("name", DICOM_SETS)
def test_each_patient_of_a_set(name: str, clinic: Clinic, shared_data: Path, tmp_path: Path) -> None:
    names: set[str] = set()
    for number, files in enumerate(patients(shared_data / name)):
        folder = case_of(files, tmp_path / f"case-{number}")
        names |= identifiers(files)
        nothing_is_left_out(clinic.draft(folder), folder)
    assert names or name == "us"
    unnamed(clinic.printed, names)
    unnamed(clinic.kept(), names)


def test_each_codec_sample_alone(clinic: Clinic, shared_data: Path, tmp_path: Path) -> None:
    names: set[str] = set()
    for path in sorted((shared_data / "dicom-codecs").glob("*.dcm")):
        folder = case_of([path], tmp_path / path.stem)
        names |= identifiers([path])
        if path.name in UNREAD:
            told = clinic.told("draft", folder)
            error = told.document["error"]
            assert (told.status, error["code"], error["file"]) == (2, UNREAD[path.name], f"000-{path.name}")
        else:
            nothing_is_left_out(clinic.draft(folder), folder)
    unnamed(clinic.printed, names)
    unnamed(clinic.kept(), names)


@pytest.mark.parametrize(
    ("folder", "pattern", "studies"),
    [
        ("patient-oncology/patient_4", "*.*", 1),
        ("cxr-longitudinal/images", "c178_*", 5),
        ("wsi", "*.svs", 2),
        ("wsi/openslide-python", "boxes.[tp]*", 2),
        ("cxr-misc/tests/tbx11k_test_data", "*.png", 3),
        ("dicom-seg-sr", "*.jpeg", 2),
    ],
)
def test_files_without_tags(
    folder: str, pattern: str, studies: int, clinic: Clinic, shared_data: Path, tmp_path: Path
) -> None:
    """Notes, photographs and slides, whose names alone say whose they are: nobody's, which is warned of."""
    case = case_of(sorted((shared_data / folder).rglob(pattern)), tmp_path / "case")
    draft = clinic.draft(case)
    nothing_is_left_out(draft, case)
    assert len(draft.studies) == studies and any("temporary patient" in warning for warning in draft.warnings)
