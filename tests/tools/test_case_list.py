"""Lists of cases: what they name, and each thing that is wrong with its row."""

import csv
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prelim.errors import InputError
from tools.case_list import COLUMNS, Failure, ListedCase, listed, read_case_list, write_failures


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two case folders, one case that is a file, a hidden folder and a loose file."""
    for name in ("b", "a", ".hidden"):
        (tmp_path / "cases" / name).mkdir(parents=True)
    (tmp_path / "cases" / "film.dcm").write_bytes(b"")
    return tmp_path / "cases"


def manifest(folder: Path, text: str, name: str = "list.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_is_its_sub_folders(folder: Path) -> None:
    assert [(one.case, one.path) for one in read_case_list(folder).cases] == [("a", folder / "a"), ("b", folder / "b")]


def test_csv_and_json_lines_say_the_same(folder: Path) -> None:
    rows = [{"case": "a", "patient": "P1", "out": "../done/a"}, {"case": "b"}, {"case": "film.dcm", "patient": None}]
    lines = "\n".join(map(json.dumps, rows))
    cells = "\ufeffcase,patient,out\r\na,P1,../done/a\r\n\r\n b ,,\r\nfilm.dcm,\r\n"
    by_csv = read_case_list(manifest(folder, cells))
    by_json = read_case_list(manifest(folder, lines, "list.jsonl"))
    assert not by_csv.refused and not by_json.refused
    assert [one.row for one in by_csv.cases] == [2, 4, 5] and [one.row for one in by_json.cases] == [1, 2, 3]
    alike = [[one.model_copy(update={"row": None}) for one in found.cases] for found in (by_csv, by_json)]
    assert alike[0] == alike[1]
    assert by_csv.cases[0] == ListedCase(case="a", path=folder / "a", patient="P1", out=folder / "../done/a", row=2)


@pytest.mark.parametrize(
    ("text", "name", "code", "words"),
    [
        ("", "list.csv", "no_cases", "empty"),
        ("case\n", "list.csv", "no_cases", "no row"),
        ("", "list.jsonl", "no_cases", "no row"),
        ("case,mrn,ward\na,1,2\n", "list.csv", "bad_manifest", "mrn, ward"),
        ("case,case\na,b\n", "list.csv", "bad_manifest", "twice: case"),
        ("patient\nP1\n", "list.csv", "bad_manifest", "no column case"),
        ('case\n"a\n', "list.csv", "bad_manifest", "is no CSV"),
    ],
)
def test_a_manifest_that_cannot_be_used_is_refused_whole(
    text: str, name: str, code: str, words: str, folder: Path
) -> None:
    with pytest.raises(InputError) as caught:
        read_case_list(manifest(folder, text, name))
    assert caught.value.code == code and words in str(caught.value) and caught.value.file == name


def test_what_is_no_list_is_named(folder: Path) -> None:
    (folder / "a" / "case.yaml").write_text("indication: Cough.\n")
    (folder / "latin.csv").write_bytes("case\nM\xfcller\n".encode("latin-1"))
    for path, code in {"none": "not_found", "a": "one_case", "b": "no_cases", "latin.csv": "bad_manifest"}.items():
        with pytest.raises(InputError) as caught:
            read_case_list(folder / path)
        assert (caught.value.code, caught.value.file) == (code, path)


def test_a_bad_row_is_named_and_the_others_stay(folder: Path) -> None:
    found = read_case_list(manifest(folder, "case,patient,out\na,,x\n,P2,\nnowhere,,\nb,,x\na,,\nfilm.dcm,,,more\n"))
    assert [one.case for one in found.cases] == ["a"]
    assert {one.row: one.code for one in found.refused} == {
        3: "no_case",
        4: "not_found",
        5: "same_out",
        6: "duplicate",
        7: "bad_row",
    }
    assert all(f"Row {one.row}" in one.message for one in found.refused) and len(found) == 6


def test_a_bad_line_is_named_and_the_others_stay(folder: Path) -> None:
    lines = ['{"case": "a"}', '{"case": "b"', '["b"]', '{"case": 7}', '{"case": "b", "mrn": "1"}', "[" * 100_000]
    found = read_case_list(manifest(folder, "\n".join(lines), "list.jsonl"))
    assert [one.case for one in found.cases] == ["a"]
    assert [(one.row, one.code) for one in found.refused] == [(row, "bad_row") for row in range(2, 7)]
    assert "mrn" in found.refused[3].message


def test_one_case_of_two_patients_is_nobodys(folder: Path) -> None:
    """Neither row is believed, however the folder is spelt."""
    found = read_case_list(manifest(folder, "case,patient\na,P1\nb,P2\n./a,P3\n"))
    assert [one.case for one in found.cases] == ["b"]
    assert [(one.row, one.code) for one in found.refused] == [(2, "patient_mismatch"), (4, "patient_mismatch")]
    assert not any(name in one.message for one in found.refused for name in ("P1", "P3"))


_WORDS = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=8).map(str.strip).filter(bool)


@given(patients=st.lists(st.none() | _WORDS, min_size=1, max_size=4), message=st.text(max_size=40))
def test_a_list_of_failures_is_a_manifest(
    patients: list[str | None], message: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("failed")
    places = [folder / f"case {number}" for number in range(len(patients))]
    for place in places:
        place.mkdir()
    failures = [Failure(place, who, None, "truncated", message) for place, who in zip(places, patients, strict=True)]
    write_failures(folder / "failures.csv", failures)
    found = read_case_list(folder / "failures.csv")
    assert [(one.path, one.patient) for one in found.cases] == list(zip(places, patients, strict=True))
    with (folder / "failures.csv").open(encoding="utf-8", newline="") as file:
        assert [row["code"] for row in csv.DictReader(file)] == ["truncated"] * len(places)
    write_failures(folder / "failures.csv", [])
    assert not (folder / "failures.csv").exists()


def test_cases_given_one_by_one(folder: Path) -> None:
    value = ListedCase(case="b", path=folder / "b", patient="P1")
    assert list(listed([folder / "a", value])) == [ListedCase(case=str(folder / "a"), path=folder / "a"), value]
    assert COLUMNS[0] == "case"
