"""Drawn lab sheets as bad scans: turned, blurred, noisy, unevenly lit, compressed; and their words by tesseract."""

import csv
import io
import random
import subprocess

import numpy as np
import pypdfium2
from PIL import Image, ImageFilter
from scipy import ndimage

Pages = list[list[tuple[str, float, float, float, float]]]
_POINTS = 72
_READ_AT = 300
_TURNS = np.arange(-2.6, 2.61, 0.2)


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


def read_words(pages: list[Image.Image], dpi: int) -> Pages:
    """The words of each page with their boxes in points, by tesseract, the page turned upright before."""
    return [_words(_cleaned(_enlarged(_upright(page), dpi)), _READ_AT) for page in pages]


def _upright(page: Image.Image) -> Image.Image:
    """Turned so that its lines are level: where the sums of its rows vary most."""
    small = page.resize((page.width // 3, page.height // 3), Image.Resampling.BILINEAR)
    dark = Image.fromarray(255 - np.asarray(small))
    turn = max(_TURNS, key=lambda angle: float(np.asarray(dark.rotate(angle), float).sum(axis=1).var()))
    return page.rotate(float(turn), Image.Resampling.BICUBIC, fillcolor=255)


def _cleaned(page: Image.Image) -> Image.Image:
    """Evenly lit, without noise, ruled lines and the dots that lead to a value: black on white."""
    paper = page.resize((page.width // 8, page.height // 8), Image.Resampling.BOX).filter(ImageFilter.MaxFilter(5))
    light = np.asarray(paper.filter(ImageFilter.GaussianBlur(4)).resize(page.size, Image.Resampling.BILINEAR), float)
    flat = np.asarray(page.filter(ImageFilter.GaussianBlur(_READ_AT / 500)), float) / light.clip(1)
    grey = ((flat - 0.45) / 0.45).clip(0, 1)
    marks, _count = ndimage.label(grey < 0.6)
    boxes = ndimage.find_objects(marks)
    dots = []
    for number, (down, across) in enumerate(boxes, start=1):
        high, wide = down.stop - down.start, across.stop - across.start
        if wide > _READ_AT / 2 and high < _READ_AT / 20:
            grey[down, across] = 1.0
        elif max(high, wide) <= _READ_AT / 30:
            dots.append((down.stop, across.start, number))
    for number in _leading(dots):
        down, across = boxes[number - 1]
        grey[max(0, down.start - 2) : down.stop + 2, max(0, across.start - 2) : across.stop + 2] = 1.0
    return Image.fromarray((grey * 255).astype(np.uint8))


def _leading(dots: list[tuple[int, int, int]]) -> list[int]:
    """The dots that stand in a row of four or more, close together."""
    found: list[int] = []
    rows: list[list[tuple[int, int, int]]] = []
    for dot in sorted(dots, key=lambda one: one[1]):
        row = next((one for one in rows if abs(one[-1][0] - dot[0]) < 7 and 0 < dot[1] - one[-1][1] < 30), None)
        if row is None:
            rows.append([dot])
        else:
            row.append(dot)
    for row in rows:
        found += [number for _, _, number in row] if len(row) > 3 else []
    return found


def _enlarged(page: Image.Image, dpi: int) -> Image.Image:
    """At the size that tesseract reads best."""
    share = _READ_AT / dpi
    return page.resize((round(page.width * share), round(page.height * share)), Image.Resampling.LANCZOS)


def _words(page: Image.Image, dpi: int) -> list[tuple[str, float, float, float, float]]:
    file = io.BytesIO()
    page.save(file, "PNG")
    command = ["tesseract", "stdin", "stdout", "-l", "eng", "--psm", "6", "--dpi", str(dpi), "tsv"]
    done = subprocess.run(
        command, input=file.getvalue(), capture_output=True, check=True, env={"OMP_THREAD_LIMIT": "1"}
    )
    rows = csv.DictReader(done.stdout.decode().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    share = _POINTS / dpi
    words = []
    for row in rows:
        if row["level"] == "5" and row["text"].strip():
            left, top, width, height = (int(row[key]) * share for key in ("left", "top", "width", "height"))
            words.append((row["text"], left, top, left + width, top + height))
    return words
