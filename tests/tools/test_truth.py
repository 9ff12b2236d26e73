"""A CSV of known findings: what a line means, and what of it cannot be used."""

from pathlib import Path

import pytest

from prelim.errors import InputError
from prelim.evaluated import Problem
from tests.made_files import fill
from tools.layouts.findings import LAYOUTS
from tools.layouts.pictures import Pictures
from tools.layouts.sheet import Source, read_layout
from tools.truth import Example, Truth

HEADING = "image,label,laterality,present"


def read_truth(path: Path) -> tuple[list[Example], list[Problem]]:
    found = read_layout(path, LAYOUTS, Source(Pictures(path.parent)))
    return found.examples, found.problems


def written(folder: Path, *lines: str, heading: str = HEADING) -> Path:
    fill(folder, {"a.png": "a", "films/b.dcm": "b", "truth.csv": "\n".join([heading, *lines]) + "\n"})
    return folder / "truth.csv"


def test_lines_of_one_image_are_one_example(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "a.png,lung_opacity,left,1,P1",
        "films/b.dcm,pleural_effusion,bilateral,0,P1",
        "a.png,cardiomegaly,Midline,0,P1",
        "a.png,pleural_effusion,,1,P1",
        heading=HEADING + ",patient",
    )
    (first, second), problems = read_truth(path)
    assert problems == [] and (first.group, second.group) == ("P1", "P1")
    assert first.truths == (
        Truth(label="lung_opacity", laterality="left", present=True),
        Truth(label="cardiomegaly", laterality="midline", present=False),
        Truth(label="pleural_effusion", laterality=None, present=True),
    )
    assert [truth.laterality for truth in second.truths] == ["left", "right"]
    assert (first.line, second.line, second.place(tmp_path / "scratch")) == (2, 3, tmp_path / "films" / "b.dcm")


def test_without_a_patient_an_image_is_its_own_group(tmp_path: Path) -> None:
    (first,), _ = read_truth(written(tmp_path, "a.png,lung_opacity,left,1"))
    assert first.group == "a.png"


def test_what_an_image_does_not_say_itself(tmp_path: Path) -> None:
    heading = HEADING + ",modality,body_part,view"
    (first,), _ = read_truth(written(tmp_path, "a.png,lung_opacity,left,1,cr,chest,pa", heading=heading))
    assert (first.stated.modality, first.stated.body_part, first.stated.view) == ("CR", "CHEST", "PA")
    examples, (problem,) = read_truth(written(tmp_path, "a.png,lung_opacity,left,1,CR,CHEST,up", heading=heading))
    assert (examples, problem.line, problem.code) == ([], 2, "bad_statement") and "view is 'UP'" in problem.message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("missing.png,lung_opacity,left,1", "not_found"),
        (",lung_opacity,left,1", "not_found"),
        ("a.png,unicorn,left,1", "unknown_finding"),
        ("a.png,lung_opacity,upper,1", "bad_laterality"),
        ("a.png,lung_opacity,left,yes", "bad_present"),
        ("a.png,lung_opacity,left,", "bad_present"),
        ("a.png,lung_opacity,left,2", "bad_present"),
        ("a.png,lung_opacity", "bad_present"),
        ("a.png,lung_opacity,right,0", "duplicate"),
        ("a.png,lung_opacity,bilateral,0", "duplicate"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(line: str, code: str, tmp_path: Path) -> None:
    path = written(tmp_path, "a.png,lung_opacity,right,1", line, "films/b.dcm,lung_opacity,left,0")
    examples, (problem,) = read_truth(path)
    assert (problem.line, problem.code) == (3, code)
    assert [(example.image, len(example.truths)) for example in examples] == [("a.png", 1), ("films/b.dcm", 1)]


def test_an_image_has_one_patient(tmp_path: Path) -> None:
    lines = ("a.png,lung_opacity,right,1,P1", "a.png,lung_opacity,left,1,P2")
    _, (problem,) = read_truth(written(tmp_path, *lines, heading=HEADING + ",patient"))
    assert (problem.line, problem.code) == (3, "contradiction") and "P1" not in problem.message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (None, "not_found"),
        (b"", "bad_truth"),
        (b"image;label;laterality;present\n", "bad_truth"),
        (b"image,label,laterality\n", "bad_truth"),
        (b"image,label,laterality,present\n\xff,a,b,1\n", "bad_truth"),
        (b'image,label,laterality,present\n"a.png"x,a,b,1\n', "bad_truth"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(data: bytes | None, code: str, tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError) as refused:
        read_truth(path)
    assert (refused.value.code, refused.value.file) == (code, "truth.csv")
