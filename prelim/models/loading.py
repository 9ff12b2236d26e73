"""From a model's name to a loaded, verified chat model. Local files only, safetensors only, no remote code."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from prelim.errors import InputError, UnavailableError
from prelim.models import catalog, medasr
from prelim.models.card import Card, read_card
from prelim.models.catalog import Pinned
from prelim.models.medgemma import OBTAIN, add
from prelim.models.served_address import address_of, is_served
from prelim.settings import Settings, Weights
from prelim.types import ModelIdentity

if TYPE_CHECKING:
    from prelim.models.chat import ChatMedGemma
    from prelim.models.interface import ChatModel
    from prelim.models.runtime import Runtime
    from prelim.models.served import ChatServed

CARDS = {
    "phantom": catalog.PHANTOM / "card.yaml",
    "medgemma": Path(__file__).parent / "cards" / "medgemma.yaml",
}
"""The models that can be chosen, by the card of each."""
_LOADING = Lock()
_RUNTIME = {"device", "weights", "threads", "cache_mib", "deadline_s"}
"""The settings that a loaded model depends on."""
_CACHED = "models--google--medgemma-1.5-4b-it"


def card_of(settings: Settings) -> Card:
    """The card of the model that the settings name; a served one is MedGemma's. InputError `unknown_model`."""
    if is_served(settings.model):
        return read_card(CARDS["medgemma"])
    if settings.model not in CARDS:
        known = f"Known: {', '.join(CARDS)}, served:URL#NAME."
        raise InputError("unknown_model", f"No model is called '{settings.model}'.", known)
    return read_card(CARDS[settings.model])


def pinned_of(settings: Settings) -> Pinned:
    """Where the model lies and what its files must be. UnavailableError `model_missing` says how to get it."""
    if card_of(settings).name == "phantom":
        return catalog.phantom()
    known = catalog.recorded(settings.home, "medgemma")
    folder = _medgemma_folder(settings)
    if known and (folder is None or folder.resolve() == Path(known.folder)):
        return known
    if folder is None:
        raise UnavailableError("model_missing", "MedGemma is not on this machine.", OBTAIN)
    return add(settings.home, "medgemma", folder)


def add_model(home: Path, name: str, folder: Path) -> Pinned:
    """Check the files of a model that its user was given, and record their digests. InputError `unknown_model`."""
    return medasr.add(home, folder) if name == "medasr" else add(home, name, folder)


def _medgemma_folder(settings: Settings) -> Path | None:
    """The folder that the settings name, else a snapshot that was downloaded already; None: only a record can tell."""
    if settings.medgemma:
        return Path(settings.medgemma).expanduser()
    if catalog.recorded(settings.home, "medgemma"):
        return None
    cache = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser() / "hub" / _CACHED / "snapshots"
    return max(cache.glob("*"), key=lambda path: path.stat().st_mtime, default=None)


def identify(settings: Settings) -> ModelIdentity:
    """Which model would answer, from its recorded digests or its address: nothing is loaded, no server is asked."""
    card = card_of(settings)
    if is_served(settings.model):
        return address_of(settings.model).identity(card.digest)
    pinned = pinned_of(settings)
    return ModelIdentity(name=card.name, revision=pinned.revision, digest=pinned.digest, card=card.digest)


def open_model(settings: Settings) -> "ChatModel":
    """The model that the settings name, ready to be asked."""
    return _serve(settings) if is_served(settings.model) else _load(settings)


def _serve(settings: Settings) -> "ChatServed":
    """Nothing is sent before the first question."""
    from prelim.models.served import ChatServed
    from prelim.models.served_pool import open_pool

    return ChatServed(
        pool=open_pool(settings),
        at_once=settings.served_at_once,
        identity=identify(settings),
        card=card_of(settings),
    )


def _load(settings: Settings) -> "ChatMedGemma":
    """Verify every file, then load; what this process has loaded already is shared, by all cases that ask."""
    from prelim.models.chat import ChatMedGemma

    pinned = pinned_of(settings)
    catalog.verify(pinned)
    named = settings.model_dump(include=_RUNTIME)
    with _LOADING:
        runtime = _runtime(pinned.folder, pinned.digest, **named)
    return ChatMedGemma(runtime=runtime, identity=identify(settings), card=card_of(settings))


@cache
def _runtime(
    folder: str, digest: str, device: str, weights: Weights, threads: int, cache_mib: int | None, deadline_s: float
) -> "Runtime":
    """One replica a GPU in bf16, or one on the CPU in fp32 (fp16 gives empty answers, transformers#36822)."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    if threads:
        torch.set_num_threads(threads)
    gpus = torch.cuda.device_count() if device in ("cuda", "auto") else 0
    if device == "cuda" and not gpus:
        raise UnavailableError("no_cuda", "The settings ask for CUDA, and there is none.", 'Set device = "cpu".')
    devices = [f"cuda:{n}" for n in range(gpus)] or ["cpu"]
    cache_bytes = None if cache_mib is None else cache_mib << 20
    return load(Path(folder), devices, weights, cache_bytes=cache_bytes, deadline_s=deadline_s)


def load(folder: Path, devices: Sequence[str] = ("cpu",), weights: Weights = "bf16", **how: Any) -> "Runtime":
    """A folder's model on these devices, and its processor. Nothing is verified here."""
    from transformers import AutoProcessor
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    from prelim.models.runtime import Runtime

    processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
    # Named, so that machines with and without torchvision see the same pixels.
    processor.image_processor = Gemma3ImageProcessorPil.from_pretrained(folder, local_files_only=True)
    models = [_replica(folder, device, weights) for device in devices]
    return Runtime(models, processor, **how)


def _replica(folder: Path, device: str, weights: Weights) -> Any:
    """The model on one device. It is made smaller before it goes there."""
    import torch
    from transformers import Gemma3ForConditionalGeneration

    from prelim.models.quantized import quantize

    model = Gemma3ForConditionalGeneration.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        dtype=torch.float32 if device == "cpu" else torch.bfloat16,
        attn_implementation="sdpa",
    )
    quantize(model, weights)
    return model.to(device)
