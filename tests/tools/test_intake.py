"""Intake: whatever lies in a case folder is read or refused by name, and the rest of the case goes on."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from memory.artifacts import Artifacts
from prelim.errors import InputError, UnavailableError
from prelim.imaging.files import Shown, pictures_of
from prelim.imaging.grouping import Source
from prelim.types import Case, digest_of
from tests.made_dicom import RAMP, ct_slice, dataset, dicom, uid
from tests.made_files import fill, png, png_without_pixels, scanned_pdf, zipped
from tools.intake import inspect, intake, scan
from tools.studies import _UNKNOWN

FILM = dicom(StudyDate="20250314", ViewPosition="PA", BodyPartExamined="CHEST")
NOTE = b"Date: 2025-03-14\nSeen today for cough.\n"
DEEP = np.linspace(0, 4095, 64, dtype=np.uint16).reshape(8, 8)
BAD = {
    "cut-in-pixels.dcm": (FILM[:-20], "truncated"),
    "cut-in-header.dcm": (FILM[:300], "truncated"),
    "letter.dcm": (b"Dear colleague, the film follows.", "not_dicom"),
    "no-rows.dcm": (dicom(Rows=0, Columns=0), "no_pixels"),
    "no-image.dcm": (dicom(Rows=None, Columns=None, PixelData=None), "no_pixels"),
    "empty.png": (png_without_pixels(), "no_pixels"),
    "cut.png": (png(DEEP)[:60], "truncated"),
    "scan.pdf": (scanned_pdf(), "no_text"),
    "void.txt": (b"", "no_text"),
    "noise.bin": (bytes(range(256)), "unsupported"),
    "bomb.zip": (zipped({"zeros": bytes(8 * 2**20)}), "too_large"),
    "cut.zip": (zipped({"a.txt": NOTE})[:40], "unreadable"),
    "outer.zip/inner.zip": (zipped({"deep.txt": b"Deep."}), "unsupported"),
    "sub/case.yaml": (b"patient: {id: A}", "unsupported"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "case"


def read(path: Path, artifacts: Artifacts) -> Case:
    return intake(scan(path, artifacts), artifacts, patient_key="t-nobody", key_of=digest_of)


@pytest.mark.parametrize("name", BAD)
def test_one_bad_file_is_refused_and_the_rest_is_read(name: str, folder: Path, artifacts: Artifacts) -> None:
    fill(folder, {name: BAD[name][0], "film.dcm": FILM, "visit.txt": NOTE})
    case = read(folder, artifacts)
    [refusal] = case.refused
    assert (refusal.path, refusal.code) == (name, BAD[name][1])
    assert refusal.message.startswith(name) and refusal.message.count(". ") >= 1, "what is wrong, and the remedy"
    assert [study.date for study in case.studies] == ["2025-03-14"]
    assert [document.path for document in case.documents] == ["visit.txt"]
    assert inspect(folder, artifacts).refused == case.refused


@pytest.mark.parametrize("name", BAD)
def test_alone_it_is_the_error_of_the_case(name: str, folder: Path, artifacts: Artifacts) -> None:
    with pytest.raises(InputError) as error:
        read(fill(folder, {name: BAD[name][0]}), artifacts)
    assert (error.value.code, error.value.file) == (BAD[name][1], name) and str(error.value).startswith(name)


def test_all_of_it_together(folder: Path, artifacts: Artifacts) -> None:
    fill(folder, {name: data for name, (data, _) in BAD.items()})
    with pytest.raises(InputError) as error:
        read(folder, artifacts)
    assert error.value.code == "no_content" and str(len(BAD)) in str(error.value) and error.value.remedy
    fill(folder, {"film.dcm": FILM})
    found = {refusal.path: refusal.code for refusal in read(folder, artifacts).refused}
    assert found == {name: code for name, (_, code) in BAD.items()}


@pytest.mark.parametrize(
    ("stated", "line"),
    [
        (b"patient: {id: [", 1),
        (b"patient:\n  id: A\n  birth_date: soon\n", 3),
        (b"files:\n  film.dcm: {view: SIDEWAYS}\n", 2),
        (b"files:\n  film.dcm: {}\n  other.dcm: {role: prior}\n", 3),
        (b"- a\n- list\n", None),
        (b"\xff\xfe\x00", None),
    ],
)
def test_a_broken_case_file_stops_the_case(stated: bytes, line: int | None, folder: Path, artifacts: Artifacts) -> None:
    with pytest.raises(InputError) as error:
        read(fill(folder, {"case.yaml": stated, "film.dcm": FILM}), artifacts)
    assert (error.value.code, error.value.file) == ("bad_manifest", "case.yaml") and error.value.remedy
    assert ("(line" in str(error.value)) == (line is not None) and (
        line is None or f"(line {line})" in str(error.value)
    )


def test_a_film_without_uids_gets_those_of_its_content(folder: Path, artifacts: Artifacts) -> None:
    bare, out = dataset(StudyInstanceUID=None, SeriesInstanceUID=None, SOPInstanceUID=None), io.BytesIO()
    pydicom.dcmwrite(out, bare)
    fill(folder, {"a.dcm": out.getvalue()})
    made = f"2.25.{int(scan(folder, artifacts).files[0].sha256[:32], 16)}"
    [study] = read(folder, artifacts).studies
    [image] = study.series[0].image_set.images
    assert (study.study_instance_uid, study.series[0].series_instance_uid, image.sop_instance_uid) == (made,) * 3
    (folder / "a.dcm").rename(folder / "b.dcm")
    assert read(folder, artifacts).studies == (study,)


@pytest.mark.parametrize("keyword", ["InstanceNumber", "SeriesNumber", "WindowCenter", "PixelSpacing"])
def test_a_damaged_number_costs_no_more_than_itself(keyword: str, folder: Path, artifacts: Artifacts) -> None:
    whole = dicom(**{keyword: [12345, 12345] if keyword == "PixelSpacing" else 12345})
    damaged = whole.replace(b"12345", b"1x!45")
    case = read(
        fill(folder, {"a.dcm": damaged, "b.dcm": dicom(pixels=RAMP + 1, SeriesInstanceUID=uid("b"))}), artifacts
    )
    images = [image for series in case.studies[0].series for image in series.image_set.images]
    assert damaged != whole and not case.refused and len(images) == 2


def test_sixteen_bits_are_shown_with_their_whole_range(folder: Path, artifacts: Artifacts) -> None:
    case = read(fill(folder, {"film.png": png(DEEP)}), artifacts)
    [image] = case.studies[0].series[0].image_set.images
    shown = np.asarray(Image.open(io.BytesIO(artifacts.get(image.pixels_sha256))))
    assert shown.dtype == np.uint8 and np.array_equal(shown, np.rint(DEEP / 4095 * 255).astype(np.uint8))


def test_the_same_files_are_the_same_case(folder: Path, artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    films = {f"{n}.dcm": dicom(pixels=RAMP + n, StudyDate=f"2025010{n}", StudyInstanceUID=uid(n)) for n in (1, 2, 3)}
    yaml = json.dumps({"files": {"1.dcm": {"role": "prior"}}}).encode()
    fill(folder, {**films, **{name: data for name, (data, _) in BAD.items()}, "v.txt": NOTE, "case.yaml": yaml})
    first, listed = read(folder, artifacts), Path.rglob
    assert read(folder, artifacts) == first and len(first.studies) == 3
    monkeypatch.setattr(Path, "rglob", lambda self, pattern: reversed(sorted(listed(self, pattern))))
    assert read(folder, artifacts) == first
    archive = folder.parent / "case.zip"
    archive.write_bytes(zipped({"case.yaml": yaml, "v.txt": NOTE, **dict(reversed(films.items()))}))
    packed = read(archive, artifacts)
    assert (packed.studies, packed.documents) == (first.studies, first.documents)


def picture(kind: str, *levels: int) -> bytes:
    """An image file with a page for each grey level."""
    out = io.BytesIO()
    first, *more = [Image.new("L", (8, 8), level) for level in levels]
    first.save(out, kind, **({"save_all": True, "append_images": more} if more else {}))
    return out.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "JPEG2000", "AVIF", "ICO"])
def test_pictures_of_kinds_that_are_not_read_are_refused_by_name(kind: str, folder: Path, artifacts: Artifacts) -> None:
    fill(folder, {"a.img": picture(kind, 10), "film.dcm": FILM})
    [refusal] = read(folder, artifacts).refused
    assert (refusal.path, refusal.code) == ("a.img", "unsupported") and refusal.message.startswith("a.img is ")


def test_the_pages_that_are_not_read_are_said(folder: Path, artifacts: Artifacts) -> None:
    fill(folder, {"a.tif": picture("TIFF", 10, 20, 30), "b.tif": picture("TIFF", 10)})
    studies = read(folder, artifacts).studies
    found = sorted(any("holds 3 pictures" in i for i in s.series[0].issues) for s in studies)
    assert found == [False, True]


@pytest.mark.parametrize(
    ("note", "seen"),
    [
        ({}, ("OT", "", "other", "unknown")),
        ({"date": "2025-01-03"}, ("OT", "", "other", "unknown")),
        ({"modality": "CR"}, ("CR", "", "projection", "unknown")),
        ({"view": "PA"}, ("CR", "", "projection", "convention")),
        ({"modality": "CR", "body_part": "chest", "view": "AP"}, ("CR", "CHEST", "projection", "convention")),
        ({"modality": "US", "body_part": "liver"}, ("US", "LIVER", "other", "unknown")),
    ],
)
def test_a_picture_is_what_case_yaml_says_and_nothing_is_guessed(
    note: dict[str, str], seen: tuple[str, ...], folder: Path, artifacts: Artifacts
) -> None:
    fill(folder, {"a.png": png(DEEP), "case.yaml": json.dumps({"files": {"a.png": note}})})
    [series] = read(folder, artifacts).studies[0].series
    [image] = series.image_set.images
    assert (series.modality, series.body_part, series.kind, image.orientation_from) == seen
    assert [issue for issue in series.issues if "what this image shows" in issue] == (
        [] if "view" in note or "modality" in note else [_UNKNOWN]
    )


def test_a_file_that_cannot_be_shown_is_refused_alone(
    artifacts: Artifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured, and then its pictures end the decoder: the other slices are a series all the same."""

    def shown(source: Source, *given: Any) -> list[Shown]:
        if source.path == "2.dcm":
            raise InputError("decode_timeout", "2.dcm took longer than 25 s to read.", "Leave it out.", "2.dcm")
        return pictures_of(source, *given)

    monkeypatch.setattr("prelim.imaging.series.pictures_of", shown)
    found = inspect(fill(tmp_path / "case", {f"{n}.dcm": ct_slice(float(n)) for n in range(5)}), artifacts)
    assert [(series.frames, bool(series.issues)) for series in found.series] == [(4, True)]
    assert [(refusal.path, refusal.code) for refusal in found.refused] == [("2.dcm", "decode_timeout")]


def test_a_slide_without_its_library_is_refused_alone(
    artifacts: Artifacts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*given: Any) -> None:
        raise UnavailableError("library_missing", "Slides need openslide.", "Install it.")

    monkeypatch.setattr("tools.studies.slide_series", missing)
    monkeypatch.setattr("tools.studies.open_raster", lambda *given: None)
    found = inspect(fill(tmp_path / "case", {"a.tiff": b"II*\0" + bytes(200), "b.dcm": dicom()}), artifacts)
    assert [(refusal.path, refusal.code) for refusal in found.refused] == [("a.tiff", "library_missing")]
    assert len(found.series) == 1
