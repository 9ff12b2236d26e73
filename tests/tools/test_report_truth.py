"""Reference reports: what they name, and how they are given."""

import json
from pathlib import Path

import pytest

from prelim.errors import InputError
from tools.drawn_report import sentences
from tools.report_truth import named_in, read_reported


def test_what_a_report_names_by_its_strongest_state_and_its_sides() -> None:
    found = named_in("FINDINGS: Left pleural effusion. No right pleural effusion. No pneumothorax.")
    assert found.states == {"pleural_effusion": "present", "pneumothorax": "absent"}
    assert found.sides == {"pleural_effusion": {"left"}}


def test_drawn_sentences_are_read_as_they_were_drawn() -> None:
    found = named_in("FINDINGS: " + " ".join(sentences([("lung_opacity", "right"), ("cardiomegaly", "midline")])))
    assert found.states == {"lung_opacity": "present", "cardiomegaly": "present", "pleural_effusion": "absent"}


def test_json_lines_with_the_report_itself_or_its_file(tmp_path: Path) -> None:
    (tmp_path / "case").mkdir()
    (tmp_path / "one.txt").write_text("No effusion.", encoding="utf-8")
    (tmp_path / "odd.txt").write_bytes(b"\xff\xfe\xff")
    rows = [
        {"case": "case", "report": "one.txt", "patient": "A"},
        {"case": "case", "report": "There is an effusion."},
        {"case": "case", "report": "odd.txt"},
    ]
    path = tmp_path / "reports.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    found, problems = read_reported(path)
    assert [(one.group, one.report) for one in found] == [("A", "No effusion."), ("case", "There is an effusion.")]
    assert [(one.line, one.code) for one in problems] == [(3, "unreadable")]
    assert found[0].place(tmp_path / "scratch") == tmp_path / "case"


def test_what_is_no_table_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_text("no json", encoding="utf-8")
    for file, code in ((path, "bad_truth"), (tmp_path / "absent.csv", "not_found")):
        with pytest.raises(InputError) as refused:
            read_reported(file)
        assert refused.value.code == code
