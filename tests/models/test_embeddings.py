"""The sentence encoder: offline, the same every time, and the very weights that were pinned."""

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from prelim.errors import RefusedError
from prelim.models import catalog, embeddings
from prelim.models.embeddings import Encoder

DIMENSIONS = 384
TEXTS = ["No pleural effusion.", "CRP 87 mg/L", "Pleuraerguss links", "", "x " * 2000]
UPSTREAM = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""sha256 of sentence-transformers/all-MiniLM-L6-v2's model.safetensors."""


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


def test_rows_have_unit_length(encoder: Encoder) -> None:
    vectors = encoder.encode(TEXTS)
    assert vectors.shape == (len(TEXTS), DIMENSIONS) and vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_same_text_gives_the_same_vector(encoder: Encoder) -> None:
    assert np.array_equal(encoder.encode(TEXTS), encoder.encode(TEXTS))
    assert np.array_equal(encoder.encode(TEXTS), Encoder().encode(TEXTS))
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    assert np.allclose(alone, encoder.encode(TEXTS), atol=1e-5)


def test_what_means_the_same_is_nearest(encoder: Encoder) -> None:
    asked, same, other = encoder.encode(["fluid in the chest", "pleural effusion", "the invoice was paid"])
    assert asked @ same > asked @ other + 0.2


def test_nothing_gives_no_rows() -> None:
    """And loads nothing."""
    encoder = Encoder()
    assert len(encoder.encode([])) == 0
    assert "_model" not in vars(encoder)


def test_the_weights_are_the_upstream_ones(encoder: Encoder) -> None:
    data = (Path(embeddings.folder()) / "model.safetensors").read_bytes()
    assert hashlib.sha256(data).hexdigest() == UPSTREAM == catalog.ENCODER["model.safetensors"]
    assert encoder.digest == "9cf8ce8fba6ff86a0dc9fe957dcc2e8f80b7388bbc797e4dc4fa7dca0647be91"


def test_an_altered_encoder_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "encoder"
    shutil.copytree(embeddings.folder(), folder)
    (folder / "modules.json").write_bytes(b"[]")
    monkeypatch.setattr(embeddings, "folder", lambda: folder)
    monkeypatch.setattr("sentence_transformers.SentenceTransformer", pytest.fail)
    with pytest.raises(RefusedError, match=r"modules\.json") as caught:
        Encoder().encode(["x"])
    assert (caught.value.code, caught.value.exit_status) == ("model_altered", 3)
