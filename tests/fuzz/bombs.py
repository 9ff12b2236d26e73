"""Every bomb."""

from tests.fuzz import bombs_archives, bombs_compressed, bombs_headers, bombs_pictures
from tests.fuzz.bomb import BOMBS, Bomb

__all__ = ["BOMBS", "Bomb", "bombs_archives", "bombs_compressed", "bombs_headers", "bombs_pictures"]
