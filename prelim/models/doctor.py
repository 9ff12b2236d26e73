"""What is on this machine and what is missing, in words that a newcomer can act on."""

import importlib.metadata
import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from prelim.documents.ocr import installed
from prelim.errors import InputError, PrelimError, UnavailableError
from prelim.imaging.slide_stored import library
from prelim.models import catalog, medasr
from prelim.models.calibration import read_calibration
from prelim.models.card import Card, read_card
from prelim.models.loading import CARDS, card_of, identify, pinned_of
from prelim.models.served_address import is_served
from prelim.settings import Settings
from prelim.types import Value

if TYPE_CHECKING:
    from prelim.models.served_endpoint import Endpoint


class Diagnosis(Value):
    """One thing that was looked at. `detail` is what was found, or what to do."""

    name: str
    ok: bool
    detail: str


def cards() -> tuple[Card, ...]:
    """The cards of the models that can be chosen."""
    return tuple(read_card(path) for path in CARDS.values())


def report(settings: Settings) -> tuple[Diagnosis, ...]:
    """Look at everything a draft needs. What fails is told, with its remedy; nothing is loaded."""
    looks: dict[str, Callable[[], str]] = {
        "data folder": lambda: _home(settings),
        "embedded model": lambda: _model(settings, "phantom"),
        "sentence encoder": lambda: _encoder(settings),
        "MedGemma": lambda: _model(settings, "medgemma"),
        "calibration": lambda: _calibration(settings),
        "MedASR": lambda: _medasr(settings),
        "slide libraries": _slides,
        "text recognition": lambda: _ocr(settings),
        "GPU": _gpu,
    }
    return tuple(_look(name, look) for name, look in looks.items()) + _servers(settings)


def _servers(settings: Settings) -> tuple[Diagnosis, ...]:
    """A look at each server of a served model; none where the settings name no such model."""
    if not is_served(settings.model):
        return ()
    from prelim.models.served_pool import open_pool

    try:
        pool = open_pool(settings)
    except InputError as error:
        return (Diagnosis(name="served model", ok=False, detail=str(error)),)
    return tuple(_look(f"served model at {server.url}", partial(_served, server)) for server in pool.endpoints)


def _served(server: "Endpoint") -> str:
    server.look()
    odds = "No log-probabilities: answers are greedy, probabilities null." if "logprobs" in server.lacks else ""
    host = urlsplit(server.url)
    inside = host.scheme == "https" or host.hostname in ("localhost", "127.0.0.1", "::1")
    open_wire = "" if inside else "Films travel unencrypted."
    said = f"{server.name} answers, {server.image_tokens or 'an unknown number of'} tokens an image."
    return " ".join(filter(None, (said, odds, open_wire, "Its weights cannot be verified from here.")))


def _calibration(settings: Settings) -> str:
    model = identify(settings)
    entries = read_calibration(settings.home).of_model(model.digest).entries
    if not entries:
        what = f"This site has not measured how far the model {model.name} can be trusted."
        raise UnavailableError(
            "not_calibrated", what, "`prelim evaluate findings` does, on images with known findings."
        )
    last = max(entry.fitted for entry in entries)
    return f"{len(entries)} findings of the model {model.name}, measured last on {last}."


def _look(name: str, look: Callable[[], str]) -> Diagnosis:
    try:
        return Diagnosis(name=name, ok=True, detail=look())
    except PrelimError as error:
        return Diagnosis(name=name, ok=False, detail=str(error))


def _home(settings: Settings) -> str:
    home = settings.home
    nearest = next(folder for folder in (home, *home.parents) if os.path.exists(folder))
    if not (nearest.is_dir() and os.access(nearest, os.W_OK)):
        remedy = "Name a folder that can be written as PRELIM_HOME."
        raise UnavailableError("not_writable", f"{home} cannot be made or written.", remedy)
    return f"{home} ({'there' if home.is_dir() else 'made on first use'})"


def _model(settings: Settings, name: str) -> str:
    chosen = settings.model_copy(update={"model": name})
    pinned = pinned_of(chosen)
    catalog.verify(pinned)
    card = card_of(chosen)
    said = f"{card.not_medical} " if card.not_medical else ""
    return f"revision {pinned.revision}, {len(pinned.files)} files verified. {said}".strip()


def _medasr(settings: Settings) -> str:
    pinned = medasr.pinned_of(settings)
    catalog.verify(pinned)
    return f"revision {pinned.revision}, {len(pinned.files)} files verified."


def _encoder(settings: Settings) -> str:
    from prelim.models.embeddings import MINILM, Encoder

    pinned = Encoder(settings.encoder).pinned
    if settings.encoder != MINILM:
        return f"{pinned.name}, {len(pinned.files)} files, digest {pinned.digest[:12]}."
    catalog.verify(pinned)
    return "all-MiniLM-L6-v2, verified."


def _slides() -> str:
    for module in ("openslide", "wsidicom"):
        library(module)
    return "openslide and wsidicom, there."


def _ocr(settings: Settings) -> str:
    there, wanted = installed(), settings.ocr_languages.split("+")
    missing = [language for language in wanted if language not in there]
    if missing:
        remedy = " ".join(f"Install tesseract-ocr-{language.replace('_', '-')}." for language in missing)
        raise InputError("ocr_missing", f"tesseract is there, and does not know {', '.join(missing)}.", remedy)
    return f"tesseract, there, reads {', '.join(wanted)}."


def _gpu() -> str:
    """CUDA is asked of torch itself, whose import takes seconds: the doctor may be slow."""
    import torch

    version = importlib.metadata.version("torch")
    if torch.cuda.is_available():
        return f"torch {version}, {torch.cuda.get_device_name()}."
    return f"none (torch {version}). The embedded model runs on the CPU; MedGemma's weights alone take 8.6 GB of a GPU."
