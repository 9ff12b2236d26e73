"""A receiver of alerts on loopback: keeps what arrives, tells repeats by their key, and fails as it is told."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Literal, NamedTuple

import pytest

Fault = int | Literal["hang", "drip", "redirect"]
"""A status to answer with, or no proper answer at all."""
SECRET = "s3cret-token"
ANSWER = b'{"echo": "Smith^Anna has a pneumothorax"}'


class Post(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]


class Receiver:
    """`faults` are the next answers, in order; after them every post is taken. `seen`: what a post set off here."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.faults: list[Fault] = []
        self.taken: dict[str, Post] = {}
        self.hang_s = 2.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        """With a key in every place where an address can have one."""
        return f"http://user:{SECRET}@127.0.0.1:{self._server.server_port}/{SECRET}?token={SECRET}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def arrived(self, post: Post) -> None:
        """Called with each post, before it is answered."""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                post = Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                receiver.posts.append(post)
                receiver.arrived(post)
                fault = receiver.faults.pop(0) if receiver.faults else 200
                if fault == 200:
                    receiver.taken.setdefault(post.key, post)
                self.answer(fault)

            def answer(self, fault: Fault) -> None:
                if fault == "hang":
                    time.sleep(receiver.hang_s)
                elif fault == "drip":
                    self.drip()
                else:
                    self.send_response(307 if fault == "redirect" else fault)
                    self.send_header("Location", receiver.url)
                    self.send_header("Content-Length", str(len(ANSWER)))
                    self.end_headers()
                    self.wfile.write(ANSWER)

            def drip(self) -> None:
                """A byte now and then: no single wait is long, all together they are."""
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                ends_s = time.monotonic() + receiver.hang_s
                while time.monotonic() < ends_s:
                    time.sleep(0.05)
                    self.wfile.write(b"z")
                self.wfile.write(b"\r\nContent-Length: 0\r\n\r\n")

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver on a port of its own."""
    made = Receiver()
    yield made
    made.close()
