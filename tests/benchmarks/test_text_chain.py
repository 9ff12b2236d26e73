"""The benchmark of the chain of texts: its pairs, and the figures on the real notes and reports."""

import json
from collections.abc import Mapping
from pathlib import Path

from benchmarks import text_chain
from benchmarks.text_chain import Pair, pairs, told


def written(folder: Path, *patients: Mapping[str, object]) -> None:
    (folder / "patients.json").write_text(json.dumps({"patients": patients}), encoding="utf-8")


def test_each_note_goes_with_its_own_film_and_one_text_for_all_is_left_out(tmp_path: Path) -> None:
    studies = [{"offset_days": "0", "note": "Opacity."}, {"offset_days": "3", "note": "The opacity has increased."}]
    change = [{"from_offset": "0", "to_offset": "3", "label": "worse"}]
    one = {"patient": "c1", "studies": studies, "expected_change": change}
    written(tmp_path, one, {**one, "patient": "c31"})
    (pair,) = pairs(tmp_path)
    assert pair == Pair("c1", ("0", "3"), "Opacity.", "The opacity has increased.", "worse")
    assert told(pair) == "worse"


def test_a_contradiction_is_an_abstention() -> None:
    pair = Pair("c1", ("0", "1"), "Small left effusion.", "Unchanged large left effusion.", "worse")
    assert told(pair) == "none"


def test_the_real_notes_and_reports(shared_data: Path) -> None:
    assert (shared_data / "cxr-longitudinal" / "patients.json").is_file()
    assert len(pairs(shared_data / "cxr-longitudinal")) == 16
    figures = {one.name.removeprefix("text_chain/"): one for one in text_chain.measure(full=True)}
    assert figures["pairs right"].ours >= 14 and figures["better, right"].ours >= 4
    assert figures["wrong directions"].ours == 0
    for half in ("tuned", "held out"):
        assert figures[f"{half}, stated changes right"].ours >= 0.95
        assert figures[f"{half}, stated changes not yet read"].ours == 0
