from tests.model_server import serve

__all__ = ["serve"]
