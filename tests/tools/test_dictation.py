"""Dictations of a case: taken in, heard by a model that hears, cited by time; without a model, none is made up."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from transformers import AutomaticSpeechRecognitionPipeline

from app import Prelim, cli
from memory.artifacts import Artifacts
from prelim.audio import samples_of
from prelim.errors import InputError, UnavailableError
from prelim.models import catalog, medasr
from prelim.types import Case, Recording, evidence
from tests.conftest import EXAMPLES
from tests.made_medasr import PAUSE_S, SOUNDS, WORD_S, saved, spoken, taught
from tests.made_sound import MP3, flac, sine, wav
from tools.dictation import dictation, documents_of
from tools.intake import inspect, intake, scan
from tools.tool import Context

SAID = (
    "[FINDINGS] {colon} lungs are clear {period} no effusion {period} {new paragraph} "
    "[IMPRESSION] {colon} no effusion {period} lungs clear {period}"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A case with a note and a dictation."""
    folder = tmp_path / "case"
    folder.mkdir()
    (folder / "note.txt").write_bytes(b"Seen today for cough.\n")
    (folder / "talk.wav").write_bytes(wav(spoken(words_of(SAID))))
    return folder


@pytest.fixture(autouse=True)
def _unloaded() -> Iterator[None]:
    yield
    medasr._loaded.cache_clear()
    catalog._verify.cache_clear()


def words_of(said: str) -> list[str]:
    """The words of the tones' language: a command of two words is one sound."""
    return re.findall(r"\{[^}]*\}|\S+", said)


def taken(folder: Path, artifacts: Artifacts) -> Case:
    return intake(scan(folder, artifacts), artifacts, patient_key="t-1", key_of=lambda id: id)


# ------------------------------------------------------------------ intake


def test_recordings_are_told_by_their_content(folder: Path, artifacts: Artifacts) -> None:
    (folder / "talk.wav").rename(folder / "talk.txt")
    (folder / "b.dat").write_bytes(flac(sine(440, 2)))
    (folder / "c").write_bytes(MP3.read_bytes())
    (folder / "case.yaml").write_text("files: {c: {role: dictation, date: 2025-03-14}}", encoding="utf-8")
    case = taken(folder, artifacts)
    assert [(one.path, one.date) for one in case.recordings] == [
        ("b.dat", None),
        ("c", "2025-03-14"),
        ("talk.txt", None),
    ]
    assert [round(one.seconds, 2) for one in case.recordings] == [2, 1, round(PAUSE_S + len(words_of(SAID)) * 0.36, 2)]
    assert [document.path for document in case.documents] == ["note.txt"] and not case.refused
    assert any("b.dat, c, talk.txt" in text for text in case.warnings)
    assert all(artifacts.has(one.sha256) for one in case.recordings)


def test_a_bad_recording_is_refused_by_name_and_the_rest_goes_on(folder: Path, artifacts: Artifacts) -> None:
    (folder / "silent.wav").write_bytes(wav(np.zeros(16_000)))
    (folder / "cut.wav").write_bytes(wav(sine(440))[:9000])
    (folder / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    (folder / "copy.wav").write_bytes((folder / "talk.wav").read_bytes())
    case = taken(folder, artifacts)
    assert {refusal.path: refusal.code for refusal in case.refused} == {
        "cut.wav": "truncated",
        "film.mp4": "unsupported",
        "silent.wav": "silent",
        "talk.wav": "duplicate",
    }
    assert [one.path for one in case.recordings] == ["copy.wav"] and len(case.documents) == 1


def test_telephone_sound_is_said(folder: Path, artifacts: Artifacts) -> None:
    (folder / "talk.wav").write_bytes(wav(sine(440, rate=8_000), rate=8_000))
    case = taken(folder, artifacts)
    assert "8 kHz" in case.recordings[0].issues[0]
    assert any(text.startswith("talk.wav: Recorded at 8 kHz") for text in case.warnings)


def test_a_case_may_be_a_recording_alone(tmp_path: Path, artifacts: Artifacts) -> None:
    (tmp_path / "talk.wav").write_bytes(wav(sine(440)))
    assert len(taken(tmp_path / "talk.wav", artifacts).recordings) == 1
    [seen] = inspect(tmp_path / "talk.wav", artifacts).model_dump()["documents"]
    assert (seen["path"], seen["kind"], seen["seconds"]) == ("talk.wav", "dictation", 1)


# ------------------------------------------------------------------ without a model


def recording(context: Context, data: bytes) -> Recording:
    return Recording(path="talk.wav", sha256=context.artifacts.put(data), seconds=1.0)


def test_without_a_model_nothing_is_made_up(context: Context) -> None:
    found = dictation(context, recordings=(recording(context, wav(sine(440))),))
    assert (found.transcripts, found.evidence) == ((), ())
    [item] = found.not_assessed
    assert item.task == "dictation" and "google/medasr" in item.reason and "prelim model add medasr" in item.reason
    assert found.warnings == ("talk.wav was not heard.",)
    assert dictation(context, recordings=()).not_assessed == ()


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["prelim", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(str(ended.value.code or 0))


def test_the_command_alone_is_refused_without_a_model(
    folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRELIM_HOME", str(home))
    assert run(monkeypatch, "tool", "transcribe", str(folder / "talk.wav"), "--json") == 4
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "model_missing"
    assert run(monkeypatch, "tool", "transcribe", str(folder / "note.txt")) == 2
    assert "holds no recording" in capsys.readouterr().err


def test_a_model_that_was_named_and_is_gone_is_an_error(context: Context, tmp_path: Path) -> None:
    context.settings = context.settings.model_copy(update={"medasr": str(tmp_path / "gone")})
    with pytest.raises(UnavailableError) as caught:
        dictation(context, recordings=(recording(context, wav(sine(440))),))
    assert caught.value.code == "model_missing"


# ------------------------------------------------------------------ with a model of random weights


@pytest.fixture
def deaf(home: Path, tmp_path: Path) -> None:
    """MedASR's files with random weights, recorded."""
    catalog.record(home, "medasr", saved(tmp_path / "deaf"))


@pytest.mark.usefixtures("deaf")
def test_every_form_of_file_is_heard_and_cited(context: Context) -> None:
    for data in (wav(sine(440, rate=44_100), rate=44_100), flac(sine(440)), MP3.read_bytes()):
        found = dictation(context, recordings=(recording(context, data),))
        [transcript] = found.transcripts
        assert context.artifacts.get(transcript.text_sha256).decode() == transcript.text
        assert [item.quote for item in found.evidence] == [segment.text for segment in transcript.segments]
        assert all(item.document_sha256 == transcript.recording_sha256 for item in found.evidence)
        assert found.transcripts and not found.not_assessed


def test_a_model_that_comes_later_is_asked(context: Context, tmp_path: Path) -> None:
    """What was not assessed without it is not remembered as the answer."""
    given = (recording(context, wav(sine(440))),)
    assert dictation(context, recordings=given).not_assessed
    catalog.record(context.settings.home, "medasr", saved(tmp_path / "deaf"))
    assert dictation(context, recordings=given).transcripts


# ------------------------------------------------------------------ with a model that hears


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    model, tokenizer = taught()
    return saved(tmp_path_factory.mktemp("hearing"), model, tokenizer)


@pytest.mark.integration
def test_a_dictation_is_written_down_as_it_was_said(hearing: Path, context: Context, folder: Path) -> None:
    catalog.record(context.settings.home, "medasr", hearing)
    case = taken(folder, context.artifacts)
    found = dictation(context, recordings=case.recordings)
    [transcript] = found.transcripts
    assert transcript.text == ("Findings: Lungs are clear. No effusion.\n\nImpression: No effusion. Lungs clear.")
    assert [(one.section, one.text) for one in transcript.segments] == [
        ("findings", "Lungs are clear."),
        ("findings", "No effusion."),
        ("impression", "No effusion."),
        ("impression", "Lungs clear."),
    ]
    words = words_of(SAID)
    for segment, first, last in zip(transcript.segments, (2, 6, 12, 15), (5, 8, 14, 17), strict=True):
        assert segment.start_s == pytest.approx(PAUSE_S + first * (WORD_S + PAUSE_S), abs=0.1), words[first]
        assert segment.end_s == pytest.approx(PAUSE_S + last * (WORD_S + PAUSE_S) + WORD_S, abs=0.1), words[last]
        assert transcript.text[slice(*segment.chars)] == segment.text
    first_item = transcript.segments[0]
    assert found.evidence[0] == evidence(
        "text",
        document_sha256=case.recordings[0].sha256,
        time_s=(first_item.start_s, first_item.end_s),
        chars=first_item.chars,
        quote="Lungs are clear.",
    )
    [document] = documents_of(case.recordings, found)
    assert (document.kind, document.path, document.text_sha256) == ("dictation", "talk.wav", transcript.text_sha256)


@pytest.mark.integration
def test_two_minutes_are_heard_over_their_seams(hearing: Path, context: Context) -> None:
    """44.1 kHz stereo, 340 random words, seven seams: every word, in order, each within 0.1 s of where it was said."""
    catalog.record(context.settings.home, "medasr", hearing)
    said = np.random.default_rng(11).choice([word for word in SOUNDS if word[0] not in "[{"], 340).tolist()
    data = wav(np.stack([spoken(said, rate=44_100)] * 2, 1), rate=44_100)
    one = recording(context, data)
    heard = medasr.open_medasr(context.settings).transcribe(samples_of("talk", context.artifacts.file(one.sha256)))
    assert [word.text for word in heard] == said
    off = [word.start_s - (PAUSE_S + n * (WORD_S + PAUSE_S)) for n, word in enumerate(heard)]
    assert max(map(abs, off)) < 0.1


@pytest.mark.integration
@pytest.mark.parametrize("seconds", [7, 20, 21, 61.3])
@pytest.mark.filterwarnings("ignore")  # the pipeline's own
def test_the_words_are_those_of_the_published_pipeline(seconds: float, hearing: Path, context: Context) -> None:
    """transformers' speech recognition, called as MedASR's card calls it, on loud noise: many answers, all unsure."""
    catalog.record(context.settings.home, "medasr", hearing)
    listener = medasr.open_medasr(context.settings)
    said = np.random.default_rng(5).choice(list(SOUNDS), int(seconds / (WORD_S + PAUSE_S)) + 1).tolist()
    sound = spoken(said)[: round(seconds * 16_000)]
    sound = (sound + np.random.default_rng(6).normal(0, 0.05, len(sound))).astype(np.float32)
    published = AutomaticSpeechRecognitionPipeline(
        model=listener.model,
        tokenizer=listener.processor.tokenizer,
        feature_extractor=listener.processor.feature_extractor,
        device="cpu",
    )
    reference = published({"raw": sound, "sampling_rate": 16_000}, chunk_length_s=20, stride_length_s=2)["text"]
    ours = " ".join(word.text for word in listener.transcribe(sound))
    assert ours.split() == reference.replace("</s>", " ").split() and len(ours.split()) > 5


@pytest.mark.integration
def test_the_command_prints_text_and_segments(
    hearing: Path, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRELIM_HOME", str(home))
    catalog.record(home, "medasr", hearing)
    second = folder.parent / "second.wav"
    second.write_bytes(wav(spoken(["lungs", "clear", "{period}"])))
    assert run(monkeypatch, "tool", "transcribe", str(folder / "talk.wav"), str(second), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["text"].endswith("Lungs clear.\n\nLungs clear.")
    assert len(found["segments"]) == 5 and len(found["transcripts"]) == 2
    assert all(found["text"][slice(*segment["chars"])] == segment["text"] for segment in found["segments"])
    assert run(monkeypatch, "tool", "transcribe", str(second)) == 0
    printed = capsys.readouterr().out
    assert "0:00.2  0:01.0" in printed and "Research software" in printed and "demonstration model" not in printed


@pytest.mark.integration
def test_a_case_with_a_film_goes_on_beside_a_silent_recording(prelim: Prelim, tmp_path: Path) -> None:
    case = Path(shutil.copytree(EXAMPLES / "normal", tmp_path / "normal"))
    (case / "talk.wav").write_bytes(wav(np.zeros(16_000)))
    drafted = prelim.draft(case)
    assert drafted.status == "review"
    assert [refused["code"] for refused in drafted.provenance["refused"]] == ["silent"]
    with pytest.raises(InputError):
        prelim.transcribe([case / "talk.wav"])
