"""Tables of pairs of films with known changes, by their headings."""

from tools.layouts import ms_cxr_t, pairs
from tools.layouts.pairs import PairExample
from tools.layouts.sheet import Layout

LAYOUTS: tuple[Layout[PairExample], ...] = (
    Layout("a site's own", pairs.COLUMNS, pairs.read),
    Layout("MS-CXR-T", ms_cxr_t.COLUMNS, ms_cxr_t.read),
)
"""The first that fits is taken."""
