"""A DICOMDIR names what should be there; no path in it is followed, and it is no image."""

from pathlib import Path

import pytest

from memory.artifacts import Artifacts
from prelim.errors import InputError
from tests.fuzz.bombs_archives import HOSTILE_PATHS, listing
from tests.made_dicom import dicom
from tests.made_files import zipped
from tools.intake import inspect
from tools.manifest import scan


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    """A disc with one of the two films that it lists, copied in small letters."""
    folder = tmp_path / "disc"
    (folder / "pat1").mkdir(parents=True)
    (folder / "pat1" / "im1").write_bytes(dicom())
    (folder / "DICOMDIR").write_bytes(listing(b"PAT1\\IM1", b"PAT1\\IM2", b"PAT1\\IM2"))
    return folder


@pytest.mark.parametrize("given", ["", "DICOMDIR"])
def test_a_disc_or_its_dicomdir(given: str, disc: Path, artifacts: Artifacts) -> None:
    manifest = scan(disc / given, artifacts)
    assert [file.path for file in manifest.files] == ["pat1/im1"], "the DICOMDIR is no image"
    [missing] = manifest.refused
    assert (missing.path, missing.code) == ("PAT1/IM2", "missing")
    assert missing.message == "PAT1/IM2 is named in DICOMDIR and is not there. Copy the whole disc."
    assert len(inspect(disc / given, artifacts).series) == 1


def test_in_a_folder_and_in_a_zip_names_are_relative_to_it(disc: Path, tmp_path: Path, artifacts: Artifacts) -> None:
    refused = scan(tmp_path, artifacts).refused
    assert [(refusal.path, refusal.code) for refusal in refused] == [("disc/PAT1/IM2", "missing")]
    case = tmp_path / "case"
    case.mkdir()
    (case / "a.zip").write_bytes(zipped({"d/DICOMDIR": listing(b"IM1", b"IM2"), "d/IM1": dicom()}))
    manifest = scan(case, artifacts)
    assert [file.path for file in manifest.files] == ["a.zip/d/IM1"]
    assert [refusal.path for refusal in manifest.refused] == ["a.zip/d/IM2"]


def test_names_that_lead_out_are_refused_and_never_opened(disc: Path, tmp_path: Path, artifacts: Artifacts) -> None:
    (tmp_path / "x").write_bytes(dicom(PatientID="ANOTHER"))
    (disc / "DICOMDIR").write_bytes(listing(b"PAT1\\IM1", b"..\\x", b"pat1/../../x", *HOSTILE_PATHS))
    manifest = scan(disc, artifacts)
    assert [file.path for file in manifest.files] == ["pat1/im1"]
    found = {refusal.path: refusal.code for refusal in manifest.refused}
    lead_out = ("../x", "pat1/../../x", "../../etc/passwd", "/etc/passwd", "C:/x", "a/../../x")
    assert {path for path, code in found.items() if code == "outside"} >= set(lead_out)
    assert not [path for path in found if not path.isprintable()]


def test_a_damaged_one_is_named_and_the_films_are_read(disc: Path, artifacts: Artifacts) -> None:
    whole = (disc / "DICOMDIR").read_bytes()
    codes = set()
    for length in range(0, len(whole), 7):
        (disc / "DICOMDIR").write_bytes(whole[:length])
        manifest = scan(disc, artifacts)
        [refusal] = manifest.refused
        assert refusal.path == "DICOMDIR" and len(manifest.files) == 1
        codes.add(refusal.code)
    assert codes <= {"truncated", "not_dicom", "unsupported"} and "truncated" in codes
    (disc / "DICOMDIR").write_bytes(dicom())
    assert [refusal.code for refusal in scan(disc, artifacts).refused] == ["unsupported"]


def test_one_that_lists_itself(tmp_path: Path, artifacts: Artifacts) -> None:
    (tmp_path / "DICOMDIR").write_bytes(listing(b"DICOMDIR"))
    with pytest.raises(InputError, match="holds no files"):
        scan(tmp_path / "DICOMDIR", artifacts)
