"""Zips, pictures, PDFs and folders made for one test each."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy.typing as npt
from PIL import Image
from reportlab.pdfgen.canvas import Canvas


def zipped(members: dict[str, bytes]) -> bytes:
    """A deflated zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def png(pixels: npt.NDArray[Any]) -> bytes:
    """A PNG of 8 or 16 bits, as the pixels are."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def png_without_pixels() -> bytes:
    """A PNG of 0 × 0."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 0, 0, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))


def scanned_pdf() -> bytes:
    """A page with a picture and no text."""
    out = io.BytesIO()
    canvas = Canvas(out)
    canvas.rect(50, 50, 100, 100, fill=1)
    canvas.save()
    return out.getvalue()


def fill(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    """These files in a folder; a path within a zip makes the zip of one member."""
    for name, content in files.items():
        outer, within, inner = name.partition(".zip/")
        path = folder / (f"{outer}.zip" if within else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content.encode() if isinstance(content, str) else content
        path.write_bytes(zipped({inner: data}) if within else data)
    return folder
