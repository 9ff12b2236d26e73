"""MedASR on random models of its architecture: held to its files, its windows join, its words have times."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from transformers import LasrCTCConfig, LasrFeatureExtractor

from app import cli
from prelim.audio import RATE_HZ
from prelim.errors import InputError, PrelimError, RefusedError, UnavailableError
from prelim.models import catalog, doctor, medasr
from prelim.models.medasr import MedAsr, Window, frames_of, open_medasr, windows
from prelim.settings import Settings
from tests.made_medasr import processor_of, random_model, saved, tokenizer_of

FRAMES = frames_of(LasrCTCConfig().encoder_config, LasrFeatureExtractor())


def noise(seconds: float, seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE_HZ)).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(tmp_path_factory.mktemp("made"))


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "medasr"))


@pytest.fixture(autouse=True)
def _unloaded() -> Iterator[None]:
    yield
    medasr._loaded.cache_clear()
    catalog._verify.cache_clear()


def expected(folder: Path) -> dict[str, Any]:
    """The tiny model's own values, in place of MedASR's."""
    found = json.loads((folder / "config.json").read_bytes())
    parts = {name: name.partition(".") for name in medasr.CONFIG}
    return {name: found[outer][inner] if inner else found[outer] for name, (outer, _, inner) in parts.items()}


def heard(model: MedAsr, seconds: float) -> str:
    return " ".join(word.text for word in model.transcribe(noise(seconds)))


# ------------------------------------------------------------------ its files


def test_an_added_model_opens_and_hears_the_same_every_time(settings: Settings, folder: Path) -> None:
    pinned = medasr.add(settings.home, folder, expected(folder))
    model = open_medasr(settings)
    assert model is open_medasr(settings) and pinned.digest == medasr.pinned_of(settings).digest
    assert (model.model.dtype, model.model.training) == (torch.float32, False)
    assert heard(model, 3) == heard(model, 3) != ""


def test_the_published_sizes_are_the_architectures_own(settings: Settings, tmp_path: Path) -> None:
    """`LasrCTCConfig()` is MedASR: 105 million parameters, 40 ms a frame."""
    config = LasrCTCConfig()
    assert (FRAMES.step, FRAMES.field) == (640, 2320)
    for name, wanted in medasr.CONFIG.items():
        outer, _, inner = name.partition(".")
        assert (getattr(config.encoder_config, inner) if inner else getattr(config, outer)) == wanted
    with torch.device("meta"):
        from transformers import LasrForCTC

        model = LasrForCTC(config)
    assert round(sum(weight.numel() for weight in model.parameters()) / 1e6) == 105


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json", "processor_config.json"])
def test_a_folder_that_lacks_a_file_is_named(name: str, home: Path, folder: Path) -> None:
    (folder / name).unlink()
    with pytest.raises(UnavailableError, match=name) as caught:
        medasr.add(home, folder)
    assert caught.value.code == "model_missing" and "prelim model add medasr" in caught.value.remedy
    assert catalog.recorded(home, "medasr") is None


def test_another_model_is_named_by_its_first_difference(
    home: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PRELIM_HOME", str(home))
    monkeypatch.setattr(sys, "argv", ["prelim", "model", "add", "medasr", str(folder)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "vocab_size" in capsys.readouterr().err


@pytest.mark.parametrize("config", [b"{", b"[]", b'{"model_type": "lasr_ctc", "encoder_config": 3}'])
def test_a_damaged_config_is_named(config: bytes, home: Path, folder: Path) -> None:
    (folder / "config.json").write_bytes(config)
    with pytest.raises(InputError) as caught:
        medasr.add(home, folder, {"model_type": "lasr_ctc", "encoder_config.hidden_size": 32})
    assert caught.value.code == "wrong_model"


def flip(folder: Path) -> None:
    data = bytearray((folder / "model.safetensors").read_bytes())
    data[-1] ^= 1
    (folder / "model.safetensors").write_bytes(data)


@pytest.mark.parametrize(
    ("harm", "error", "code"),
    [
        (flip, RefusedError, "model_altered"),
        (lambda folder: (folder / "tokenizer.json").unlink(), UnavailableError, "model_missing"),
        (lambda folder: (folder / "pytorch_model.bin").write_bytes(b"x"), RefusedError, "model_altered"),
    ],
)
def test_a_changed_model_is_never_started(
    harm: Callable[[Path], None], error: type[PrelimError], code: str, settings: Settings, folder: Path
) -> None:
    medasr.add(settings.home, folder, expected(folder))
    harm(folder)
    with pytest.raises(error) as caught:
        open_medasr(settings)
    assert caught.value.code == code


def test_without_a_model_the_doctor_says_how_to_get_it(settings: Settings, folder: Path) -> None:
    assert not medasr.is_there(settings)
    with pytest.raises(UnavailableError) as caught:
        open_medasr(settings)
    assert caught.value.code == "model_missing"
    looked = next(one for one in doctor.report(settings) if one.name == "MedASR")
    assert not looked.ok and "huggingface.co/google/medasr" in looked.detail and "prelim model add" in looked.detail
    medasr.add(settings.home, folder, expected(folder))
    looked = next(one for one in doctor.report(settings) if one.name == "MedASR")
    assert looked.ok and "files verified" in looked.detail


def test_the_settings_folder_comes_before_the_recorded_one(settings: Settings, folder: Path) -> None:
    medasr.add(settings.home, folder, expected(folder))
    named = settings.model_copy(update={"medasr": str(folder.parent / "elsewhere")})
    with pytest.raises(UnavailableError) as caught:
        medasr.pinned_of(named)
    assert caught.value.code == "model_missing"
    assert medasr.pinned_of(settings.model_copy(update={"medasr": str(folder)})) == medasr.pinned_of(settings)


# ------------------------------------------------------------------ windows


@given(st.integers(1, 40 * 60 * RATE_HZ))
@bounded(max_examples=200)
def test_windows_join_without_a_gap_and_keep_nothing_twice(samples: int) -> None:
    samples = max(samples, FRAMES.field)
    kept: list[int] = []
    for window in windows(samples, FRAMES):
        assert window.begin % FRAMES.step == 0 and 0 < window.end - window.begin <= 20 * RATE_HZ
        there = range(FRAMES.count(window.end - window.begin))[window.first : window.last]
        kept += [window.begin // FRAMES.step + k for k in there]
    assert kept == list(range(FRAMES.count(samples)))


def test_windows_are_those_of_the_published_example() -> None:
    """20 s with 2 s on either side: 500 frames, 50 of them context, the next window 16 s on."""
    assert windows(40 * RATE_HZ, FRAMES) == [
        Window(0, 320_000, 0, 450),
        Window(256_000, 576_000, 50, 450),
        Window(512_000, 640_000, 50, None),
    ]
    assert windows(20 * RATE_HZ, FRAMES) == [Window(0, 320_000, 0, None)]


def test_frames_are_counted_as_the_model_counts_them() -> None:
    model, extractor = random_model(8), LasrFeatureExtractor()
    for samples in (2320, 2959, 2960, 48_000, 319_999, 320_000):
        mels = (samples - extractor.win_length) // extractor.hop_length + 1
        assert FRAMES.count(samples) == int(model._get_subsampling_output_length(torch.tensor(mels)))


def test_windows_give_what_one_long_pass_gives() -> None:
    """Exactly, for a model that hears no farther than its convolutions: its attention is switched off."""
    tokenizer = tokenizer_of()
    model = random_model(len(tokenizer), seed=1)
    with torch.no_grad():
        for layer in model.encoder.layers:
            layer.self_attn.o_proj.weight.zero_()
    listener, samples = MedAsr(model, processor_of(tokenizer)), noise(63)
    whole = listener._heard([samples])[0]
    assert len(set(whole.tolist())) > 5, "an answer that never varies would prove nothing"
    assert np.array_equal(listener.answers(samples), whole)


@pytest.mark.parametrize("seconds", [0.001, 0.1, 0.145, 0.5])
def test_a_sound_shorter_than_a_frame_is_heard(seconds: float) -> None:
    tokenizer = tokenizer_of()
    listener = MedAsr(random_model(len(tokenizer)), processor_of(tokenizer))
    assert len(listener.answers(noise(seconds))) == max(1, FRAMES.count(round(seconds * RATE_HZ)))
    assert all(word.end_s <= seconds for word in listener.transcribe(noise(seconds)))


# ------------------------------------------------------------------ words


class Said:
    """A listener whose answers are given."""

    def __init__(self, pieces: list[str]) -> None:
        self.listener = MedAsr(random_model(len(tokenizer_of())), processor_of(tokenizer_of()))
        tokenizer = self.listener.processor.tokenizer
        self.ids = np.array([tokenizer.convert_tokens_to_ids(piece) for piece in pieces])
        self.words = self.listener._words(self.ids, 60.0)

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


def test_words_lie_where_their_frames_lie() -> None:
    """Frame k is heard from 640·k to 640·k + 2320 samples: its middle is 0.0725 + 0.04·k s, its own part ±0.02 s."""
    said = Said(["<pad>"] * 10 + ["▁no"] * 3 + ["<pad>"] * 7 + ["▁effusion", "<pad>", "s"])
    assert [(word.text, round(word.start_s, 4), round(word.end_s, 4)) for word in said.words] == [
        ("no", 0.4525, 0.5725),
        ("effusions", 0.8525, 0.9725),
    ]


def test_repeats_are_collapsed_once() -> None:
    """Two letters with a blank between them are two letters; without one they are one."""
    assert Said(["▁are", "▁are", "b", "<pad>", "b", "b"]).text == "arebb"
    assert Said(["▁no", "▁no", "<pad>", "▁no"]).text == "no no"


def test_the_end_marks_at_pauses_are_no_words() -> None:
    said = Said(["</s>", "▁lungs", "</s>", "</s>", "▁clear", "<pad>", "</s>", "▁{new", "▁paragraph}", "</s>"])
    assert said.text == "lungs clear {new paragraph}"
    assert Said(["</s>", "<pad>", "</s>"]).words == ()


@given(st.lists(st.sampled_from(["<pad>", "▁no", "▁effusion", "s", "b", "▁[FINDINGS]", "▁{period}", "-"]), max_size=40))
@bounded(max_examples=60, deadline=None)
def test_words_are_what_the_tokenizer_makes_of_all_frames(pieces: list[str]) -> None:
    """The tokenizer collapses repeats itself: its reading of the raw frames is the reference."""
    said = SAID.listener
    ids = [said.processor.tokenizer.convert_tokens_to_ids(piece) for piece in pieces]
    words = said._words(np.array(ids, np.int64), 60.0)
    assert " ".join(word.text for word in words).split() == said.processor.tokenizer.decode(ids).split()
    times = [moment for word in words for moment in (word.start_s, word.end_s)]
    assert times == sorted(times)


SAID = Said([])
