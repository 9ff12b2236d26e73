"""Drawn lab sheets as bad scans: turned, blurred, noisy, unevenly lit, compressed."""

import io
import random

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter

_POINTS = 72


def scanned(pdf: bytes, seed: str) -> bytes:
    """The sheet as a PDF of worn pictures at 150 to 200 dpi."""
    pages, dpi = scans(pdf, seed)
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=dpi)
    return out.getvalue()


def scans(pdf: bytes, seed: str) -> tuple[list[Image.Image], int]:
    """Each page as a grey picture at 150 to 200 dpi, and that figure."""
    rng = random.Random(seed)
    dpi = rng.choice((150, 170, 200))
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [_worn(page.render(scale=dpi / _POINTS).to_pil().convert("L"), rng) for page in document], dpi
    finally:
        document.close()


def _worn(page: Image.Image, rng: random.Random) -> Image.Image:
    noise = np.random.default_rng(rng.randrange(2**32))
    turned = page.rotate(rng.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor=255)
    blurred = turned.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 0.8)))
    rows, columns = np.mgrid[0 : page.height, 0 : page.width]
    light = 1 - rng.uniform(0, 0.25) * columns / page.width - rng.uniform(0, 0.15) * rows / page.height
    grey = np.asarray(blurred, float) * light + noise.normal(0, rng.uniform(2, 9), turned.size[::-1])
    file = io.BytesIO()
    Image.fromarray(grey.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=rng.randrange(45, 85))
    return Image.open(io.BytesIO(file.getvalue()))
