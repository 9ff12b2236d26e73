"""Tesseract through pipes: a picture in, words with their places out; no file is written, no process left behind."""

import ctypes
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import NamedTuple

from PIL import Image

from prelim.errors import InputError

PROGRAM = "tesseract"
LIMIT_S = 10.0
"""The longest that one reading may take: two of them fit into the time of a child (prelim/isolation.py)."""
_BLOCK = "6"
"""Page segmentation: one uniform block of text. Others tear the cells of a table out of their lines."""
_COLUMNS = 12
_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG. Source: prctl(2)."""


class Seen(NamedTuple):
    """A recognised word, its box in pixels of the picture, and tesseract's confidence in it, 0 to 100."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    confidence: float


def recognise(picture: Image.Image, name: str, languages: str) -> list[Seen]:
    """The words of an upright picture, line by line.

    InputError ocr_missing, ocr_failed, ocr_timeout.
    """
    head = f"P5 {picture.width} {picture.height} 255\n".encode()
    pixels = head + picture.convert("L").tobytes()
    known = _known(languages, name)
    said = _run([PROGRAM, "stdin", "stdout", "-l", known, "--psm", _BLOCK, "--dpi", "300", "tsv"], pixels, name)
    try:
        rows = [line.split("\t") for line in said.decode("utf-8").splitlines()[1:]]
        return [_seen(row) for row in rows if row[0] == "5" and row[11].strip()]
    except (ValueError, IndexError) as error:
        raise _failed(name) from error


def installed(name: str = "") -> frozenset[str]:
    """The languages that tesseract knows. InputError ocr_missing, ocr_failed, ocr_timeout."""
    said = _run([PROGRAM, "--list-langs"], b"", name).decode("utf-8", errors="replace")
    return frozenset(said.split("\n", 1)[-1].split()) - {"osd"}


def _known(languages: str, name: str) -> str:
    there = installed(name)
    known = [language for language in languages.split("+") if language in there]
    if not known:
        message = f"{name} cannot be read: tesseract knows none of the languages {languages}."
        raise InputError("ocr_missing", message, "Install tesseract-ocr-eng, or set ocr_languages.", name)
    return "+".join(known)


def _seen(row: list[str]) -> Seen:
    left, top, width, height = map(float, row[6:10])
    if len(row) != _COLUMNS:
        raise ValueError("not tesseract's table")
    return Seen(row[11].strip(), left, top, left + width, top + height, float(row[10]))


def _run(command: list[str], given: bytes, name: str) -> bytes:
    try:
        ran = subprocess.run(
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=LIMIT_S,
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            preexec_fn=_end_with_parent,
        )
    except FileNotFoundError as error:
        message = f"{name or 'A scan'} cannot be read: tesseract, which reads pictures of text, is not installed."
        raise InputError("ocr_missing", message, "Install tesseract-ocr.", name or None) from error
    except subprocess.TimeoutExpired as error:
        message = f"{name}: recognising its text took longer than {LIMIT_S:g} s."
        raise InputError("ocr_timeout", message, "Give the document as a PDF with text.", name) from error
    except OSError as error:
        raise _failed(name) from error
    if ran.returncode:
        raise _failed(name)
    return ran.stdout


def _failed(name: str) -> InputError:
    return InputError("ocr_failed", f"{name}: its text could not be recognised: tesseract failed.", "Try again.", name)


def _end_with_parent() -> None:
    """A child that is given up must not leave tesseract at work."""
    if sys.platform == "linux":
        with suppress(OSError):
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
