"""Tables of films with known boxes, by their headings."""

from tools.layouts import boxes, nih_boxes
from tools.layouts.boxes import BoxExample
from tools.layouts.sheet import Layout

LAYOUTS: tuple[Layout[BoxExample], ...] = (
    Layout("a site's own", boxes.COLUMNS, boxes.read),
    Layout("NIH ChestX-ray14's boxes", nih_boxes.COLUMNS, nih_boxes.read),
)
"""The first that fits is taken."""
