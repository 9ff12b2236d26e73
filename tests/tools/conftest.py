from tests.inspected import look, pixels, store
from tests.sample_fixtures import artifacts, draft, found, scripted

__all__ = ["artifacts", "draft", "found", "look", "pixels", "scripted", "store"]
