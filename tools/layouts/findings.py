"""Tables of images with known findings, by their headings."""

from tools.layouts import chexpert, ct_rate, mimic, nih
from tools.layouts.sheet import Layout
from tools.truth import COLUMNS, Example, read

LAYOUTS: tuple[Layout[Example], ...] = (
    Layout("a site's own", COLUMNS, read),
    Layout("CheXpert", chexpert.COLUMNS, chexpert.read),
    Layout("MIMIC-CXR", mimic.COLUMNS, mimic.read),
    Layout("NIH ChestX-ray14", nih.COLUMNS, nih.read),
    Layout("CT-RATE", ct_rate.COLUMNS, ct_rate.read),
)
"""The first that fits is taken."""
