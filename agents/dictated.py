"""Dictations in a draft: quoted under the section that was dictated, each with its time in the recording."""

from collections.abc import Mapping

from agents.sections import Scribe
from prelim.draft import Found, Sections, Statement
from prelim.facts import Segment, Transcript
from prelim.types import Evidence


def dictated(scribe: Scribe, found: Found) -> dict[str, tuple[Statement, ...]]:
    """Section → its dictated words. What was said under no section stands among the findings."""
    places = {(item.document_sha256, item.chars): item for item in found.dictation.evidence}
    lines: dict[str, list[Statement]] = {name: [] for name in Sections.model_fields}
    for transcript in found.dictation.transcripts:
        for segment in transcript.segments:
            section = segment.section if segment.section in lines else "findings"
            lines[section] += _quoted(scribe, section, transcript, segment, places)
    return {name: tuple(said) for name, said in lines.items()}


def _quoted(
    scribe: Scribe,
    section: str,
    transcript: Transcript,
    segment: Segment,
    places: Mapping[tuple[str | None, tuple[int, int] | None], Evidence],
) -> list[Statement]:
    place = places.get((transcript.recording_sha256, segment.chars))
    text = " ".join(segment.text.split())
    if not place or not text:
        return []
    return [scribe.write(section, ["dictated", place.id], f"Dictated: “{text}”", [place])]
