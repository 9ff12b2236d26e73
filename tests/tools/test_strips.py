"""The strips of paper that results were read from: lines with results and their heading, nothing that names anybody."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture

from memory.artifacts import Artifacts
from prelim.types import Document, Evidence, PagePicture, evidence
from tests.conftest import EXAMPLES
from tools.intake import inspect
from tools.labs import labs
from tools.strips import strips
from tools.tool import Context

REPORT = EXAMPLES / "growing-opacity" / "labs-2025-03-14.pdf"
HEADER_PT = (768.0, 752.0)
"""Baselines, from the bottom, of the lines that name the patient and the day."""


@pytest.fixture
def read(context: Context) -> tuple[Document, tuple[Evidence, ...]]:
    [document] = inspect(REPORT, context.artifacts).documents
    return document, labs(context, documents=(document,)).evidence


def shown(artifacts: Artifacts, strip: PagePicture) -> np.ndarray:
    return np.asarray(Picture.open(io.BytesIO(artifacts.get(strip.pixels_sha256))))


def test_a_strip_shows_every_cell_and_its_heading(
    context: Context, read: tuple[Document, tuple[Evidence, ...]]
) -> None:
    document, places = read
    [strip] = strips(context, documents=(document,), places=places).pages
    pixels = shown(context.artifacts, strip)
    x0, top, x1, bottom = strip.clip_pt
    assert pixels.shape == (strip.rows, strip.columns)
    for place in places:
        assert place.box_pt
        left, above, right, below = place.box_pt
        assert x0 <= left < right <= x1 and top <= above < below <= bottom
        across, down = strip.columns / (x1 - x0), strip.rows / (bottom - top)
        cell = pixels[
            round((above - top) * down) : round((below - top) * down),
            round((left - x0) * across) : round((right - x0) * across),
        ]
        assert cell.min() < 100  # ink
    words = context.artifacts.get_json(document.words_sha256 or "")[0]
    [heading] = [word for word in words if word[0] == "Reference"]
    assert top <= heading[2]


def test_who_the_report_is_about_is_not_shown(context: Context, read: tuple[Document, tuple[Evidence, ...]]) -> None:
    document, places = read
    [strip] = strips(context, documents=(document,), places=places).pages
    words = context.artifacts.get_json(document.words_sha256 or "")[0]
    named = [word for word in words if word[0].startswith(("Patient", "EXAMPLE", "Collected"))]
    assert named and all(word[4] < strip.clip_pt[1] for word in named)


def test_a_page_that_cannot_be_drawn_is_said(context: Context, read: tuple[Document, tuple[Evidence, ...]]) -> None:
    document, places = read
    spoilt = context.artifacts.put(b"%PDF-1.4 no more")
    other = document.model_copy(update={"sha256": spoilt})
    moved = tuple(
        evidence("lab", **{**place.model_dump(exclude={"id", "kind"}), "document_sha256": spoilt}) for place in places
    )
    found = strips(context, documents=(other,), places=moved)
    assert found.pages == ()
    [warning] = found.warnings
    assert document.path in warning and "page 1" in warning


def test_a_text_has_no_strips(context: Context, tmp_path: Path) -> None:
    file = tmp_path / "labs.csv"
    file.write_text("Test,Result,Unit,Reference\nCRP,87.0,mg/L,<5\n")
    [document] = inspect(file, context.artifacts).documents
    places = labs(context, documents=(document,)).evidence
    assert places and strips(context, documents=(document,), places=places).pages == ()
