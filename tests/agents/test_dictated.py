"""Dictations in a draft: quoted under their section, with their time."""

from collections.abc import Callable
from typing import Any

from agents.checks import passed
from agents.reporter import compose
from agents.verifier import verify
from prelim.draft import Found
from prelim.facts import Dictations, Segment, Transcript
from prelim.types import evidence

SHA = "2" * 64
TEXT = "Small left effusion.\nNo pneumothorax."


def heard(*sections: str) -> Dictations:
    """A recording with a sentence a section."""
    lines = TEXT.split("\n")
    spans = [(0, len(lines[0])), (len(lines[0]) + 1, len(TEXT))]
    segments = tuple(
        Segment(start_s=i * 3.0, end_s=i * 3.0 + 2, text=line, chars=span, section=section)
        for i, (line, span, section) in enumerate(zip(lines, spans, sections, strict=True))
    )
    places = tuple(
        evidence("text", document_sha256=SHA, chars=s.chars, time_s=(s.start_s, s.end_s), quote=s.text)
        for s in segments
    )
    transcript = Transcript(recording_sha256=SHA, text=TEXT, text_sha256=SHA, segments=segments)
    return Dictations(transcripts=(transcript,), evidence=places)


def test_what_was_dictated_stands_under_its_section(found: Found, scripted: Callable[[Any], Any]) -> None:
    changed = found.model_copy(update={"dictation": heard("impression", "")})
    composition = compose(scripted(None), changed)
    sections = verify(composition, changed).composition.sections
    assert sections.impression[-1].text == "Dictated: “Small left effusion.”"
    assert sections.findings[-1].text == "Dictated: “No pneumothorax.”"
    for line in (sections.impression[-1], sections.findings[-1]):
        [place] = [item for item in composition.evidence if item.id in line.evidence]
        assert place.time_s and passed(line.checks) and line.support == "supported"
