from tests.sample_fixtures import artifacts, draft, found, scripted

__all__ = ["artifacts", "draft", "found", "scripted"]
