"""How well the rows of drawn lab reports are read: ten layouts in four languages, six further ones, and bad scans.

The reader was made beside the first ten layouts and some of the patients; the further ones were drawn afterwards. It is
the table reader alone, without a model. Needs the public data beside the checkout, and tesseract for the scans.
"""

import shutil
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figure import Figure, figure, median_s
from prelim.documents.ocr import PROGRAM
from prelim.documents.table import sheet_of_pages
from prelim.settings import load_settings
from prelim.types import Document
from tests.lab_reading import score
from tests.lab_sheets import Sheet, sheets
from tests.lab_sheets_held_out import HELD_OUT
from tests.lab_truth import panels
from tools.intake import inspect
from tools.tool import open_context

TRUTH = Path(__file__).parent.parent.parent / "shared" / "data" / "fhir-synthea" / "truth"
_TEXT, _SCAN = 0.98, 0.93


def measure(full: bool, row: str = "") -> list[Figure]:
    """Row F1, invented rows and flags of each set. At reduced size a sheet in three."""
    if not TRUTH.is_dir():
        return []
    every = 1 if full else 3
    sets = {
        "known layouts": sheets(panels(TRUTH))[::every],
        "further layouts": sheets(panels(TRUTH), HELD_OUT, "held out")[::every],
    }
    figures = [_page_time(sets["known layouts"])]
    for scan in (False, True) if shutil.which(PROGRAM) else (False,):
        for name, some in sets.items():
            with tempfile.TemporaryDirectory() as folder:
                context = open_context(load_settings(home=Path(folder) / "home"))
                found = score(context, some, Path(folder), scan)
            kind = "scans" if scan else "text"
            note = f"{found.right} right of {found.read} read and {found.drawn} drawn on {len(some)} sheets"
            goal = _SCAN if scan else _TEXT
            flags = found.flags_right / max(1, found.judged)
            figures += [
                figure(f"lab-rows/{name}, {kind}, F1", found.f1, "of 1", goal=goal, more_is_better=True, note=note),
                figure(f"lab-rows/{name}, {kind}, invented rows", found.invented, "rows", goal=0, note=note),
                figure(
                    f"lab-rows/{name}, {kind}, flags right", flags, "of 1", goal=1.0, more_is_better=True, note=note
                ),
            ]
    return figures


def _page_time(some: Sequence[Sheet]) -> Figure:
    """What the table reader takes for a page whose words are read already."""
    with tempfile.TemporaryDirectory() as folder:
        context = open_context(load_settings(home=Path(folder) / "home"))
        pages = []
        for sheet in some:
            file = Path(folder) / f"{sheet.name}.pdf"
            file.write_bytes(sheet.pdf)
            seen = [one for one in inspect(file, context.artifacts).documents if isinstance(one, Document)]
            pages += [page for one in seen if one.words_sha256 for page in context.artifacts.get_json(one.words_sha256)]
    taken = [1000 * median_s(lambda page=page: sheet_of_pages([page]), 3) for page in pages]  # type: ignore[misc]
    note = f"median of {len(pages)} pages, the slowest {max(taken):.1f} ms"
    return figure("lab-rows/a page's tables", statistics.median(taken), "ms", goal=10, note=note)
