"""Texts: notes in JSON, tables, encodings; what is not read says so. PDFs stand in test_pdf.py."""

import json
from pathlib import Path

import pytest

from prelim.documents.read import kind_of, read_document
from prelim.errors import InputError

LAB_PAGE = "Patient ID: A1\nCollected: 2025-03-14\nTest  Result  Unit  Reference\nCRP  87.0  mg/L  <5\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (LAB_PAGE, "lab"),
        ("Test,Result,Unit,Flag\nCRP,3,mg/L,\n", "lab"),
        ("Findings: clear lungs.\nImpression: normal.", "report"),
        ("TECHNIQUE: PA view.\nFINDINGS\nNone.", "report"),
        ("Seen today for cough. The test value of rest is known.", "note"),
        ("Impression: well.", "note"),
    ],
)
def test_kinds_by_content(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_a_note_in_json() -> None:
    note = {"id": "n1", "date": "2020-08-11T10:00:00", "text": "MRN: 77\nStable.", "patient_id": "77"}
    read = read_document(json.dumps(note).encode(), "n.json")
    assert (read.text, read.date, set(read.about.ids)) == ("MRN: 77\nStable.", "2020-08-11", {"77"})


def test_encodings() -> None:
    assert read_document("\ufeffGröße".encode(), "a.txt").text == "Größe"
    assert read_document("Größe".encode("cp1252"), "a.txt").text == "Größe"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no_text"),
        (b" \n\t", "no_text"),
        (b"{not json", "unreadable"),
        (b"[" * 100_000, "unreadable"),
        (b'{"a": 1}', "unsupported"),
        (b"[1, 2]", "unsupported"),
        (b'{"resourceType": "Bundle"}', "no_content"),
        (b"MSH|^~\\&|LAB", "no_content"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "unsupported"),
        (b"fLaC\0\0", "unsupported"),
        (b"\x00\x01\x02", "unsupported"),
        (b"{\\rtf1 hello}", "unsupported"),
        (b"patient_id,test,value\nA,CRP,1\nB,CRP,2\n", "several_patients"),
    ],
)
def test_refused_by_name(data: bytes, code: str) -> None:
    with pytest.raises(InputError) as refused:
        read_document(data, "a.bin")
    assert (refused.value.code, refused.value.file) == (code, "a.bin") and refused.value.remedy


def test_a_real_oncology_patients_notes(shared_data: Path) -> None:
    """Sixteen notes, each with the day that its JSON states, and one patient's number in them."""
    files = sorted((shared_data / "patient-oncology" / "patient_4" / "clinical_notes").glob("*.json"))
    reads = [(json.loads(path.read_text()), read_document(path.read_bytes(), path.name)) for path in files]
    assert len(reads) == 16
    assert all(read.date == note["date"] and read.text == note["text"] for note, read in reads)
    assert {id for _, read in reads for id in read.about.ids} == {"0001024407"}


@pytest.mark.parametrize("note", ["Seen today\rfor cough, no fever.", "Seen today, " + "x" * 200_000 + "."])
def test_text_that_no_table_reader_takes_is_text(note: str) -> None:
    assert read_document(note.encode(), "a.txt").kind == "note"
