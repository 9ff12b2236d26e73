"""Sheets of paper made here and spoilt as scanners and phones spoil them: drawn, rendered, turned, dimmed."""

import io
import random
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from pypdfium2 import PdfDocument
from reportlab.pdfgen.canvas import Canvas

A4 = (595.3, 841.9)
_TESTS = (
    *("Hemoglobin", "Hematocrit", "Leukocytes", "Platelets", "Sodium", "Potassium", "Chloride", "Bicarbonate"),
    *("Creatinine", "Urea nitrogen", "Glucose", "Calcium", "Magnesium", "Phosphate", "Albumin", "Total protein"),
    *("Bilirubin, total", "ALT (GPT)", "AST (GOT)", "Alkaline phosphatase", "Gamma-GT", "LDH", "CRP", "Troponin T"),
    *("Ferritin", "TSH", "Free T4", "HbA1c", "Cholesterol", "Triglycerides", "INR", "D-dimer"),
)
_UNITS = ("g/dL", "%", "mmol/L", "U/L", "mg/dL", "ng/mL", "10*9/L", "mg/L")
_PHRASES = (
    *("patient seen today for cough and fever", "since three days", "no chest pain", "lungs clear, heart regular"),
    *("chronic kidney disease is stable under therapy", "blood pressure well controlled", "follow up in four weeks"),
    *("with creatinine and potassium", "allergy to penicillin is known", "the earlier film showed a small nodule"),
    *("in the right upper lobe", "weight stable", "sleeps well", "no swelling of the legs", "appetite good"),
)


def pdf_of(*pages: Callable[[Canvas], None], size: tuple[float, float] = A4, **options: Any) -> bytes:
    """A PDF whose pages are drawn by these."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, **options)
    for page in pages:
        page(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lab_sheet(seed: int, rows: int = 24, font: str = "Helvetica", size: float = 10) -> Callable[[Canvas], None]:
    """A page of results: heading, columns, rows with decimals, ranges and flags."""
    dice = random.Random(seed)

    def draw(canvas: Canvas) -> None:
        canvas.setFont(font, size + 4)
        canvas.drawString(56, 790, "Laboratory report")
        canvas.setFont(font, size)
        canvas.drawString(56, 765, f"Collected: 2025-0{dice.randint(1, 9)}-1{dice.randint(0, 9)}   Sample: serum")
        for x, text in zip((56, 230, 310, 390, 500), ("Test", "Result", "Unit", "Reference", "Flag"), strict=True):
            canvas.drawString(x, 735, text)
        canvas.line(56, 730, 540, 730)
        for row, name in enumerate(dice.sample(_TESTS, rows)):
            low = round(dice.uniform(0.1, 90), dice.choice((0, 1, 1, 2)))
            value = f"{dice.uniform(0.5, 1.6) * low:.{dice.choice((0, 1, 1, 2))}f}"
            cells = (name, value, dice.choice(_UNITS), f"{low:g} - {1.4 * low:.1f}", dice.choice(("", "", "H", "L")))
            for x, text in zip((56, 230, 310, 390, 500), cells, strict=True):
                canvas.drawString(x, 715 - row * 1.9 * size, text)

    return draw


def letter(seed: int, lines: int = 30, font: str = "Times-Roman", size: float = 11) -> Callable[[Canvas], None]:
    """A page of running text."""
    dice = random.Random(seed)

    def draw(canvas: Canvas) -> None:
        canvas.setFont(font, size)
        for line in range(lines):
            canvas.drawString(70, 770 - line * 1.4 * size, ", ".join(dice.choices(_PHRASES, k=3))[:76])

    return draw


def rendered(pdf: bytes, dpi: float, page: int = 0) -> Image.Image:
    """A page as a scanner sees it that never errs: grey."""
    with PdfDocument(pdf) as document:
        picture: Image.Image = document[page].render(scale=dpi / 72).to_pil().convert("L")
    return picture


def skewed(picture: Image.Image, degrees: float) -> Image.Image:
    """Counterclockwise."""
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def noisy(picture: Image.Image, sigma: float = 25, seed: int = 0) -> Image.Image:
    grey = np.asarray(picture) + np.random.default_rng(seed).normal(0, sigma, (picture.height, picture.width))
    return Image.fromarray(grey.clip(0, 255).astype(np.uint8))


def blurred(picture: Image.Image, radius: float = 1.0) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(radius))


def jpeg(picture: Image.Image, quality: int = 35) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("L")


def shaded(picture: Image.Image, dark: float = 0.45) -> Image.Image:
    """Light that fades towards a corner, and the shadow of a hand."""
    y, x = np.mgrid[0 : picture.height, 0 : picture.width] / max(picture.size)
    light = 1 - dark * (0.5 * x + 0.5 * y) - 0.35 * dark * (np.hypot(x - 0.3, y - 0.6) < 0.2)
    return Image.fromarray((np.asarray(picture) * light).clip(0, 255).astype(np.uint8))


def photographed(picture: Image.Image, seed: int = 0) -> Image.Image:
    """On a dark table, seen from the side, unevenly lit, as JPEG."""
    dice = random.Random(seed)
    width, height = picture.size
    margin = 0.08
    table = Image.new("L", (round(width * (1 + 2 * margin)), round(height * (1 + 2 * margin))), 70)
    table = noisy(table, 6, seed)
    corners = [(margin, margin), (1 + margin, margin), (1 + margin, 1 + margin), (margin, 1 + margin)]
    moved = [(x * width + dice.uniform(-1, 1) * 0.05 * width, y * height + dice.uniform(-1, 1) * 0.04 * height)
             for x, y in corners]  # fmt: skip
    back = _projection(moved, [(0, 0), (width, 0), (width, height), (0, height)])
    paper = picture.transform(table.size, Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC)
    mask = Image.new("L", picture.size, 255).transform(table.size, Image.Transform.PERSPECTIVE, back)
    table.paste(paper, mask=mask)
    return jpeg(shaded(blurred(table, 0.6)), 60)


def _projection(here: list[tuple[float, float]], there: list[tuple[float, float]]) -> list[float]:
    """The eight numbers with which Pillow finds for a place here its place there."""
    rows, right = [], []
    for (x, y), (u, v) in zip(here, there, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    return [float(number) for number in np.linalg.solve(np.array(rows), np.array(right))]


SPOILT: dict[str, Callable[[bytes, int], Image.Image]] = {
    "clean, 200 dpi": lambda pdf, seed: rendered(pdf, 200),
    "150 dpi": lambda pdf, seed: rendered(pdf, 150),
    "120 dpi": lambda pdf, seed: rendered(pdf, 120),
    "skew +3°": lambda pdf, seed: skewed(rendered(pdf, 200), 3),
    "skew -2.4°": lambda pdf, seed: skewed(rendered(pdf, 200), -2.4),
    "turned 90°": lambda pdf, seed: rendered(pdf, 200).rotate(90, expand=True),
    "turned 180°": lambda pdf, seed: skewed(rendered(pdf, 200).rotate(180), 1),
    "turned 270°": lambda pdf, seed: rendered(pdf, 200).rotate(270, expand=True),
    "noise": lambda pdf, seed: noisy(rendered(pdf, 200), 40, seed),
    "blur": lambda pdf, seed: blurred(rendered(pdf, 200), 1.6),
    "JPEG 25": lambda pdf, seed: jpeg(rendered(pdf, 150), 25),
    "shadow": lambda pdf, seed: shaded(rendered(pdf, 200), 0.7),
    "fax": lambda pdf, seed: rendered(pdf, 200).point(lambda grey: 255 * (grey > 150)).convert("1").convert("L"),
    "photograph": lambda pdf, seed: photographed(rendered(pdf, 200), seed),
    "all of it": lambda pdf, seed: jpeg(noisy(shaded(blurred(skewed(rendered(pdf, 150), -1.7), 0.8)), 15, seed), 50),
}
"""Each a way to spoil the first page of a PDF."""
