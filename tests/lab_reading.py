"""Drawn lab sheets read as the product reads them: intake in a child, then the table reader alone."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.lab_scans import scanned
from tests.lab_score import Score
from tests.lab_sheets import Sheet
from tools.intake import inspect
from tools.labs import labs
from tools.tool import Context


class _Declines:
    """A model that does not read lab rows: the table reader stands alone."""

    @property
    def card(self) -> "_Declines":
        return self

    def declines(self, task: str) -> str:
        return f"{task} is not asked."


def score(context: Context, sheets: Iterable[Sheet], folder: Path, scan: bool = False) -> Score:
    """How well sheets are read, as PDFs with text or as bad scans."""
    reader: Any = _Declines()
    context.open_model = lambda: reader
    total = Score()
    for sheet in sheets:
        file = folder / f"{sheet.name}.pdf"
        file.write_bytes(scanned(sheet.pdf, sheet.name) if scan else sheet.pdf)
        documents = inspect(file, context.artifacts, context.settings.ocr_languages).documents
        found = labs(context, documents=documents, sex=sheet.sex, age_years=sheet.age)
        total.add(sheet.name, found.labs, sheet.rows)
    return total
