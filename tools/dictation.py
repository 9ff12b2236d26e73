"""Dictation: what a speaker said of the case, heard by MedASR, as a text with times. Never made up without it."""

from collections.abc import Sequence

from prelim.audio import samples_of
from prelim.documents.dictated import written
from prelim.facts import Dictations, Segment, Transcript
from prelim.models import medasr
from prelim.types import Document, Evidence, NotAssessed, Recording, evidence
from tools.tool import Context, tool


class Transcription(Dictations):
    """Transcripts, and all as one text, in which `segments` have their `chars`; times are each recording's own."""

    text: str = ""
    segments: tuple[Segment, ...] = ()


def _speech_model(context: Context, *, recordings: tuple[Recording, ...]) -> str:
    """The digest of the speech model, "" without one."""
    return medasr.pinned_of(context.settings).digest if medasr.is_there(context.settings) else ""


@tool(reads=("device",), asks_model=False, revision_of=_speech_model)
def dictation(context: Context, *, recordings: tuple[Recording, ...]) -> Dictations:
    """Every recording as a text, its sentences with their times. Without a speech model none is assessed.

    UnavailableError model_missing where a speech model was named and its files are not there; RefusedError
    model_altered where they are others.
    """
    if not recordings:
        return Dictations()
    if not medasr.is_there(context.settings):
        reason = f"MedASR, which hears dictations, is not on this machine. {medasr.OBTAIN}"
        nothing = NotAssessed(study_instance_uid=None, task="dictation", label=None, reason=reason)
        return Dictations(not_assessed=(nothing,), warnings=tuple(f"{one.path} was not heard." for one in recordings))
    model = medasr.open_medasr(context.settings)
    parts = [_heard(context, model, recording) for recording in recordings]
    return Dictations(
        transcripts=tuple(transcript for part in parts for transcript in part.transcripts),
        warnings=tuple(text for part in parts for text in part.warnings),
        evidence=tuple(item for part in parts for item in part.evidence),
    )


def _heard(context: Context, model: medasr.MedAsr, recording: Recording) -> Dictations:
    samples = samples_of(recording.path, context.artifacts.file(recording.sha256))
    said = written(model.transcribe(samples))
    transcript = Transcript(
        recording_sha256=recording.sha256,
        text=said.text,
        text_sha256=context.artifacts.put(said.text.encode()),
        segments=said.segments,
    )
    warnings = [
        f"{recording.path}: the command {command} is not known, and stands as heard." for command in said.unknown
    ]
    if not said.segments:
        warnings.append(f"{recording.path}: no word was heard.")
    places = tuple(_place(recording, segment) for segment in said.segments)
    return Dictations(transcripts=(transcript,), warnings=tuple(warnings), evidence=places)


def _place(recording: Recording, segment: Segment) -> Evidence:
    """Where a sentence stands: its time in the recording, its characters in the transcript."""
    return evidence(
        "text",
        document_sha256=recording.sha256,
        time_s=(segment.start_s, segment.end_s),
        chars=segment.chars,
        quote=segment.text,
    )


def documents_of(recordings: Sequence[Recording], found: Dictations) -> tuple[Document, ...]:
    """The transcripts as documents of the case, for whatever reads documents."""
    texts = {transcript.recording_sha256: transcript.text_sha256 for transcript in found.transcripts if transcript.text}
    return tuple(
        Document(
            path=one.path,
            sha256=one.sha256,
            kind="dictation",
            date=one.date,
            text_sha256=texts[one.sha256],
            issues=one.issues,
        )
        for one in recordings
        if one.sha256 in texts
    )


def transcription(context: Context, recordings: tuple[Recording, ...]) -> Transcription:
    """The recordings alone, as one text. UnavailableError model_missing where there is no speech model."""
    medasr.pinned_of(context.settings)
    found = dictation(context, recordings=recordings)
    text, segments = "", []
    for transcript in found.transcripts:
        text += "\n\n" if text and transcript.text else ""
        segments += [_moved(segment, len(text)) for segment in transcript.segments]
        text += transcript.text
    return Transcription(**dict(found), text=text, segments=tuple(segments))


def _moved(segment: Segment, by: int) -> Segment:
    begin, end = segment.chars
    return segment.model_copy(update={"chars": (begin + by, end + by)})
