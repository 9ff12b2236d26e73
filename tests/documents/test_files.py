"""What a child says of a document is what reading it here says; a child that lies is that document's fault."""

from pathlib import Path

import pytest

from prelim.documents import files
from prelim.documents.files import open_document
from prelim.documents.read import read_document
from prelim.errors import InputError
from prelim.isolation import Answer

NOTE = b"Patient name: Ada Example  DOB: 1960-05-12\nMRN: 4711\nDate: 2025-03-14\nSeen for cough.\n"


def test_the_same_as_without_a_child(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_bytes(NOTE)
    assert open_document("a", note) == read_document(NOTE, "a")


def test_a_damaged_document_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF-1.4 and nothing more")
    with pytest.raises(InputError) as refused:
        open_document("a.pdf", path)
    assert (refused.value.code, refused.value.file) == ("unreadable", "a.pdf")


@pytest.mark.parametrize("plain", [None, {}, {"text": "a", "kind": "poem", "pages": 1, "date": None, "words": None}])
def test_a_lying_answer(plain: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = tmp_path / "a.txt"
    text.write_bytes(NOTE)
    monkeypatch.setattr(files, "call", lambda *given: Answer(plain))
    with pytest.raises(InputError) as refused:
        open_document("a.txt", text)
    assert (refused.value.code, refused.value.file) == ("decode_crash", "a.txt")
