"""The texts that FHIR resources carry with them, in base64."""

import base64
from collections.abc import Iterator
from email.message import Message
from html.parser import HTMLParser

from prelim.documents.fhir_values import Json

_PLAIN, _MARKED = ("text/plain", "text/markdown", ""), ("text/html", "text/xml", "application/xhtml+xml")
_UNSEEN = ("script", "style", "title")
_BREAKS = ("br", "p", "div", "li", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6")


def attachments(resource: Json) -> Iterator[Json]:
    """Of a report or a document reference."""
    yield from resource.get("presentedForm", ())
    yield from (item["attachment"] for item in resource.get("content", ()) if "attachment" in item)


def attached(item: Json) -> str:
    """The text of an attachment, of HTML its words; "" where it holds none, is no text, or lies elsewhere."""
    header = Message()
    header["Content-Type"] = str(item.get("contentType") or "text/plain")
    kind = header.get_content_type() if item.get("contentType") else ""
    if kind not in (*_PLAIN, *_MARKED) or not item.get("data"):
        return ""
    try:
        data = base64.b64decode("".join(str(item["data"]).split()), validate=True)
        text = data.decode(header.get_content_charset("utf-8"))
    except (LookupError, ValueError):
        return ""
    return (_seen(text) if kind in _MARKED else text).replace("\x00", "").strip()


def _seen(text: str) -> str:
    page = _Page()
    page.feed(text)
    page.close()
    lines = (" ".join(line.split()) for line in "".join(page.parts).splitlines())
    return "\n".join(line for line in lines if line)


class _Page(HTMLParser):
    """The words of a page that a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.hidden += tag in _UNSEEN
        self.parts += ["\n"] * (tag in _BREAKS)

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= tag in _UNSEEN and self.hidden > 0
        self.parts += ["\n"] * (tag in _BREAKS)

    def handle_data(self, data: str) -> None:
        self.parts += [] if self.hidden else [data]
