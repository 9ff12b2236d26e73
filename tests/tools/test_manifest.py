"""The files of a case as they came: what is not taken is refused by name, and nothing leaves or enters the folder."""

import os
import random
import zipfile
from pathlib import Path

import pytest

from memory.artifacts import Artifacts
from prelim.errors import InputError
from tests.conftest import EXAMPLES
from tests.fuzz.hostile import overlapping, zip_of
from tests.made_dicom import dicom
from tests.made_files import zipped
from tools import manifest as manifest_of
from tools.intake import inspect
from tools.manifest import Manifest, scan

NOTE = b"Seen today for cough.\n"


def paths(manifest: Manifest) -> list[str]:
    return [file.path for file in manifest.files]


def refused(manifest: Manifest) -> list[tuple[str, str]]:
    for refusal in manifest.refused:
        assert refusal.path in refusal.message and refusal.message.count(". ") >= 1, "what is wrong, and the remedy"
    return [(refusal.path, refusal.code) for refusal in manifest.refused]


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A folder with one note."""
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "note.txt").write_bytes(NOTE)
    return folder


def test_files_of_any_depth_by_their_relative_paths(case: Path, artifacts: Artifacts) -> None:
    (case / "b" / "c").mkdir(parents=True)
    (case / "b" / "c" / "film").write_bytes(b"pixels")
    manifest = scan(case, artifacts)
    assert paths(manifest) == ["b/c/film", "note.txt"] and not manifest.refused
    assert [artifacts.get(file.sha256) for file in manifest.files] == [b"pixels", NOTE]
    assert [file.size_bytes for file in manifest.files] == [6, len(NOTE)]
    assert paths(scan(case / "note.txt", artifacts)) == ["note.txt"]


@pytest.mark.parametrize("name", ["nowhere", "empty", "dust", "dust.zip"])
def test_nothing_to_read(name: str, tmp_path: Path, artifacts: Artifacts) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "dust" / ".git").mkdir(parents=True)
    for dropping in (".DS_Store", "Thumbs.db", ".git/config"):
        (tmp_path / "dust" / dropping).write_bytes(b"\0\1")
    (tmp_path / "dust.zip").write_bytes(zipped({"__MACOSX/._note.txt": b"\0", ".DS_Store": b"\0", "d/": b""}))
    with pytest.raises(InputError) as error:
        scan(tmp_path / name, artifacts)
    code = "not_found" if name == "nowhere" else "empty_case"
    assert (error.value.code, error.value.file) == (code, name) and name in str(error.value) and error.value.remedy


def test_hidden_files_and_droppings_are_no_files_of_the_case(case: Path, artifacts: Artifacts) -> None:
    (case / ".hidden").mkdir()
    (case / "deep").mkdir()
    for name in (".DS_Store", "Thumbs.db", "desktop.ini", ".hidden/a.txt", "deep/.DS_Store"):
        (case / name).write_bytes(b"\0")
    (case / "old.zip").write_bytes(zipped({"__MACOSX/x": b"1", "a/Thumbs.db": b"1", ".x/y.txt": b"1", "a/n.txt": b"1"}))
    manifest = scan(case, artifacts)
    assert paths(manifest) == ["note.txt", "old.zip/a/n.txt"] and not manifest.refused


def test_links_that_leave_the_folder_are_not_followed(case: Path, tmp_path: Path, artifacts: Artifacts) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_bytes(b"another's")
    (case / "out.txt").symlink_to(tmp_path / "elsewhere" / "secret.txt")
    (case / "up").symlink_to("../elsewhere", target_is_directory=True)
    (case / "loop").symlink_to("loop")
    (case / "gone.txt").symlink_to("nothing.txt")
    (case / "inside.txt").symlink_to("note.txt")
    manifest = scan(case, artifacts)
    assert paths(manifest) == ["inside.txt", "note.txt"]
    assert refused(manifest) == [(name, "outside") for name in ("gone.txt", "loop", "out.txt", "up")]
    (tmp_path / "by-link").symlink_to(case, target_is_directory=True)
    assert scan(tmp_path / "by-link", artifacts) == manifest, "the case itself may be reached by a link"


@pytest.mark.parametrize("whole_case", [True, False])
def test_a_zips_names_never_lead_out_of_it(whole_case: bool, case: Path, tmp_path: Path, artifacts: Artifacts) -> None:
    names = ("../../up.txt", "/etc/root.txt", "..\\..\\windows.txt", "a/../b.txt", "..")
    (case / "old.zip").write_bytes(zipped({name: name.encode() for name in names}))
    before = set(tmp_path.rglob("*.txt"))
    manifest = scan(case / "old.zip" if whole_case else case, artifacts)
    inside = ["a/b.txt", "etc/root.txt", "up.txt", "windows.txt"]
    assert paths(manifest) == (inside if whole_case else ["note.txt", *(f"old.zip/{name}" for name in inside)])
    assert set(tmp_path.rglob("*.txt")) == before


def test_a_bomb_is_refused_before_it_is_unpacked(
    case: Path, artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    (case / "bomb.zip").write_bytes(zipped({"zeros": bytes(8 * 2**20)}))
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *given: pytest.fail("unpacked"))
    manifest = scan(case, artifacts)
    assert paths(manifest) == ["note.txt"] and refused(manifest) == [("bomb.zip", "too_large")]


def test_a_bomb_that_lies_about_its_size_is_refused(case: Path, artifacts: Artifacts) -> None:
    data, size = zipped({"zeros": bytes(8 * 2**20)}), (8 * 2**20).to_bytes(4, "little")
    (case / "liar.zip").write_bytes(data.replace(size, (100).to_bytes(4, "little")))
    assert data.count(size) == 2
    manifest = scan(case, artifacts)
    assert paths(manifest) == ["note.txt"] and refused(manifest) == [("liar.zip/zeros", "unreadable")]


def test_a_zip_in_a_zip_is_refused_by_name(case: Path, artifacts: Artifacts) -> None:
    (case / "outer.zip").write_bytes(zipped({"inner.zip": zipped({"deep.txt": b"deep"}), "n.txt": NOTE}))
    manifest = scan(case, artifacts)
    assert paths(manifest) == ["note.txt", "outer.zip/n.txt"]
    assert refused(manifest) == [("outer.zip/inner.zip", "unsupported")]


def test_a_damaged_zip_anywhere_has_a_name(case: Path, artifacts: Artifacts) -> None:
    data = zipped({f"{number}.txt": random.Random(number).randbytes(200) for number in range(5)})
    dice, codes = random.Random(3), set()
    for _ in range(150):
        mutant = bytearray(data[: dice.choice((len(data), dice.randrange(4, len(data))))])
        for _ in range(dice.choice((0, 1, 20))):
            mutant[dice.randrange(4, len(mutant))] = dice.randrange(256)
        (case / "old.zip").write_bytes(mutant)
        manifest = scan(case, artifacts)
        codes |= {code for _, code in refused(manifest)}
        assert "note.txt" in paths(manifest)
    assert {"unreadable"} <= codes <= {"unreadable", "too_large", "unsupported"}


def test_the_order_on_disk_does_not_matter(case: Path, artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("z.txt", "a.txt", "m.txt"):
        (case / name).write_text(name)
    first, listed = scan(case, artifacts), Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda self, pattern: reversed(sorted(listed(self, pattern))))
    assert scan(case, artifacts) == first and paths(first) == ["a.txt", "m.txt", "note.txt", "z.txt"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_that_would_unpack_without_a_bound_are_refused(method: int, case: Path, artifacts: Artifacts) -> None:
    (case / "a.zip").write_bytes(zip_of(("a.txt", b"a" * 1000), method=method))
    assert refused(scan(case, artifacts)) == [("a.zip/a.txt", "unsupported")]


def test_what_only_a_hostile_zip_holds(case: Path, artifacts: Artifacts) -> None:
    (case / "link.zip").write_bytes(zip_of(("a.txt", b"/etc/passwd"), mode=0o120777))
    (case / "many.zip").write_bytes(zip_of(*[(f"{n}.txt", b"") for n in range(10_001)], method=zipfile.ZIP_STORED))
    (case / "overlap.zip").write_bytes(overlapping(3, 1000))
    (case / "twice.zip").write_bytes(zip_of(("xx.txt", b"One."), ("yy.txt", b"Two.")).replace(b"yy", b"xx"))
    (case / "unnamed.zip").write_bytes(zip_of(("", b"Nobody's.")))
    manifest = scan(case, artifacts)
    assert paths(manifest) == ["note.txt", "twice.zip/xx.txt"]
    assert refused(manifest) == [
        ("link.zip/a.txt", "outside"),
        ("many.zip", "too_large"),
        ("overlap.zip", "unreadable"),
        ("twice.zip/xx.txt", "duplicate"),
    ]


def test_names_are_printable(case: Path, artifacts: Artifacts) -> None:
    (case / "a.zip").write_bytes(zip_of(("x\ny\x1b[31m.txt", NOTE + b"1"), ("C:\\d\\\u202eb.txt", NOTE + b"2")))
    Path(os.fsdecode(bytes(case) + b"/\xff.txt")).write_bytes(NOTE + b"3")
    (case / "Übersicht　１.txt").write_bytes(NOTE + b"4")
    manifest = scan(case, artifacts)
    assert "Übersicht　１.txt" in paths(manifest) and len(paths(manifest)) == 5
    assert {"a.zip/x\ufffdy\ufffd[31m.txt", "a.zip/d/\ufffdb.txt", "\ufffd.txt"} <= set(paths(manifest))
    assert manifest.model_dump_json()


def test_a_zip_that_is_dicom_as_well_is_no_zip(case: Path, artifacts: Artifacts) -> None:
    (case / "a.dcm").write_bytes(b"PK\x03\x04" + dicom()[4:] + zipped({"a.txt": NOTE}))
    assert paths(scan(case, artifacts)) == ["a.dcm", "note.txt"]
    assert [(one.path, one.code) for one in inspect(case, artifacts).refused] == [("a.dcm", "unsupported")]


def test_a_large_slide_is_kept_piece_by_piece(artifacts: Artifacts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files under the same hashes; what is large and cannot be a slide is refused."""
    whole = scan(EXAMPLES / "slide", artifacts)
    monkeypatch.setattr(manifest_of, "MAX_FILE_BYTES", 1000)
    monkeypatch.setattr(artifacts, "put", lambda data: pytest.fail("held in memory") if len(data) > 1000 else "0" * 64)
    assert [f.sha256 for f in scan(EXAMPLES / "slide", artifacts).files[:2]] == [f.sha256 for f in whole.files[:2]]
    found = scan(EXAMPLES / "growing-opacity", artifacts)
    assert ("labs-2025-03-14.pdf", "too_large") in [(refusal.path, refusal.code) for refusal in found.refused]
