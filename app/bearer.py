"""A bearer token before an ASGI application: without it nothing is answered."""

import hmac
import json
from typing import Any

Scope = Any


class Bearer:
    """Lets through what shows the token; all else gets 401 in the shape that OpenAI's clients read."""

    def __init__(self, app: Any, token: str) -> None:
        self.app, self.expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or self._shown(scope):
            await self.app(scope, receive, send)
            return
        message = "The bearer token is missing or wrong: it was printed when the server started."
        body = json.dumps({"error": {"message": message, "type": "authentication_error", "code": "bad_token"}}).encode()
        headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _shown(self, scope: Scope) -> bool:
        """Compared in constant time."""
        shown = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
        return hmac.compare_digest(shown, self.expected)
