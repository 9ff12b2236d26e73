"""An application served over HTTP on this machine, behind a token made for this run."""

import os
import secrets
import socket
from typing import Any

from app import output
from app.bearer import Bearer
from prelim.errors import InputError

TOKEN = "PRELIM_SERVE_TOKEN"
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


def listen(app: Any, host: str, port: int, path: str) -> None:
    """Serve until SIGTERM or Ctrl-C. The address and the token are said once, on stderr; requests are not logged.

    InputError port_taken.
    """
    import uvicorn

    token = os.environ.get(TOKEN) or secrets.token_urlsafe(24)
    with _bound(host, port) as listener:
        if host not in _LOOPBACK:
            output.say(f"warning: {host} can be reached from other machines, and what is sent is not encrypted.")
        name = f"[{host}]" if ":" in host else host
        output.say(f"serving http://{name}:{listener.getsockname()[1]}{path}")
        if not os.environ.get(TOKEN):
            output.say(f"bearer token {token}")
        config = uvicorn.Config(Bearer(app, token), log_level="error", access_log=False, timeout_graceful_shutdown=5)
        uvicorn.Server(config).run(sockets=[listener])


def _bound(host: str, port: int) -> socket.socket:
    """A listening socket at the address."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        message = f"Nothing can listen at {host}, port {port}: {(error.strerror or str(error)).lower()}."
        raise InputError("port_taken", message, "Choose another with --port, or 0 for a free one.") from error
