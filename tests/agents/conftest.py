from tests.sample_fixtures import artifacts, draft, parts, scripted

__all__ = ["artifacts", "draft", "parts", "scripted"]
