"""Delivery: a draft as files that people and programs read.

`draft.json` (the contract), `draft.html` (one page, no network), `report.txt` (for pasting), `images/` (key
images).
Rendering is all that happens here: the same draft gives the same bytes, as often as it is asked.
"""

import errno
import json
import os
import re
import tempfile
from pathlib import Path

from memory.artifacts import Artifacts
from prelim.draft import Draft
from prelim.errors import UnavailableError
from tools.films import Film, films_of
from tools.page import page
from tools.picture import for_people, key_image
from tools.report import as_listing, as_text

_KEY_IMAGE = re.compile(r"(?:current|prior)-\d+\.png")
__all__ = ["as_listing", "as_text", "holds", "render", "status_in"]


def render(draft: Draft, artifacts: Artifacts, folder: Path, pages: bool = True) -> Path:
    """Write a draft's files into `folder` and return the page's path. Each file is whole or not there.

    The page comes last: where it stands, all that it points at stands too. Without `pages` it and the key images are
    left out, and earlier ones taken away. Raises UnavailableError (store_full, not_writable).
    """
    films = films_of(draft) if pages else ()
    try:
        (folder / "images" if pages else folder).mkdir(parents=True, exist_ok=True)
        if not pages:
            (folder / "draft.html").unlink(missing_ok=True)
        for image in (folder / "images").glob("*.png"):
            if _KEY_IMAGE.fullmatch(image.name) and all(film.file != f"images/{image.name}" for film in films):
                image.unlink()  # of another draft that was written here
        for film in films:
            _write(folder / film.file, _key_image(film, artifacts))
        _write(folder / "draft.json", (draft.model_dump_json(indent=2) + "\n").encode())
        _write(folder / "report.txt", as_text(draft).encode())
        if pages:
            _write(folder / "draft.html", page(draft, films, artifacts).encode())
    except OSError as error:
        raise _named(error, folder) from error
    return folder / "draft.html"


def holds(draft: Draft, folder: Path) -> bool:
    """Whether a folder holds files of this draft's case, as they once were."""
    return status_in(folder, draft.case_id, pages=False) is not None


def status_in(folder: Path, case_id: str, pages: bool = True) -> str | None:
    """The status that a folder's files tell of a case; None where they are not all there, or another case's."""
    file = folder / "draft.json"
    if not file.is_file() or (pages and not (folder / "draft.html").is_file()):
        return None
    try:
        found = json.loads(file.read_bytes())
        return str(found["status"]) if found["case_id"] == case_id else None
    except (ValueError, KeyError, TypeError):
        return None  # it is something else by now


def _key_image(film: Film, artifacts: Artifacts) -> bytes:
    boxes = [box.box for box in film.boxes]
    stored = for_people(artifacts.get(film.image.pixels_sha256), film.series)
    return key_image(stored, boxes, [box.name for box in film.boxes])


def _write(path: Path, data: bytes) -> None:
    """Write beside the place, then rename into it; nothing half-written is ever seen or left."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _named(error: OSError, folder: Path) -> UnavailableError:
    name = folder.name
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UnavailableError(
            "store_full",
            "The disk is full: the draft was not written.",
            "Free space, then `prelim resume CASE`.",
            name,
        )
    reason = (error.strerror or str(error)).lower()
    return UnavailableError(
        "not_writable", f"The draft cannot be written: {reason}.", "Choose another --out folder.", name
    )
