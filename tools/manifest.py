"""The files of a case as they came: a folder, a file or a zip, taken in once and kept by hash."""

import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

from memory.artifacts import Artifacts
from prelim.errors import InputError
from prelim.imaging.dicom import HEAD_BYTES, MAX_FILE_BYTES, is_dicom
from prelim.imaging.files import head_of
from prelim.imaging.raster import is_raster
from prelim.types import Refusal, Value
from tools.dicomdir import is_directory, not_there, printable

_DROPPINGS = {"Thumbs.db", "desktop.ini"}
_ZIP, _ZIP_ENTRY = b"PK\x03\x04", b"PK\x01\x02"
_OFFICE = {"[Content_Types].xml", "mimetype"}
"""A zip with one of these is a single document of an office program."""
_MAX_SLIDE_BYTES = 16 * 2**30
_MAX_UNZIPPED_BYTES = 4 * 2**30
_MAX_RATIO = 200
_MAX_ENTRIES = 10_000
_DRIVE = re.compile("[A-Za-z]:")
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The others are unpacked without a bound, whatever size a member states."""
_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError, zlib.error)


class File(Value):
    """One file: `path` relative to the case, `sha256` its content in the artifact store."""

    path: str
    sha256: str
    size_bytes: int


class Manifest(Value):
    """Every file of a case, in the order of their paths, and those that could not be taken."""

    files: tuple[File, ...]
    refused: tuple[Refusal, ...] = ()


def scan(path: Path, artifacts: Artifacts) -> Manifest:
    """Take in a folder (any depth), a file, a zip, or a DICOMDIR with its folder. InputError not_found, empty_case.

    The paths in a zip that is the case itself are relative to the folder that holds all its members, if one does;
    a zip among other files counts as a folder of its name. Links out of a folder are not followed.
    """
    path = path.expanduser()
    if not path.exists():
        raise InputError("not_found", f"{path.name} does not exist.", "Give a folder or a file.", path.name)
    files: dict[str, File] = {}
    directories: dict[str, str] = {}
    refused: list[Refusal] = []
    for name, data in _contents(_folder_of(path), refused):
        if is_directory(name):
            directories[name] = _kept(data, name, artifacts).sha256
        elif name in files:
            refused.append(Refusal(path=name, code="duplicate", message=f"{name} is there twice. Rename one."))
        else:
            files[name] = _kept(data, name, artifacts)
    known = [*files, *(refusal.path for refusal in refused)]
    for name, sha256 in directories.items():
        refused += not_there(name, artifacts.file(sha256), known)
    if not files and not refused:
        raise InputError("empty_case", f"{path.name} holds no files.", "Put the case's files there.", path.name)
    return Manifest(files=tuple(files[name] for name in sorted(files)), refused=tuple(refused))


def _kept(data: bytes | Path, name: str, artifacts: Artifacts) -> File:
    """A file in the store; a large one is copied piece by piece."""
    if isinstance(data, Path):
        return File(path=name, sha256=artifacts.put_file(data), size_bytes=data.stat().st_size)
    return File(path=name, sha256=artifacts.put(data), size_bytes=len(data))


def _folder_of(path: Path) -> Path:
    """A DICOMDIR stands for the folder that it lists."""
    return path.absolute().parent if path.is_file() and is_directory(path.name) else path


def _contents(path: Path, refused: list[Refusal]) -> Iterator[tuple[str, bytes | Path]]:
    """Every file's name and content; of one that may be a large slide, where it lies."""
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        name = printable(file.relative_to(path).as_posix() if path.is_dir() else file.name)
        if _hidden(name):
            continue
        if file != path and _leads_out(file, path):
            message = f"{name} is a link to nothing in the case. Put the file itself there."
            refused.append(Refusal(path=name, code="outside", message=message))
            continue
        if not file.is_file():
            continue
        data = _read(file, name, refused)
        if isinstance(data, bytes) and data.startswith(_ZIP) and not is_dicom(data[:HEAD_BYTES]):
            yield from _unzipped(name, data, refused, whole_case=file == path)
        elif data is not None:
            yield name, data


def _leads_out(file: Path, folder: Path) -> bool:
    """Whether a link leads out of the folder, or nowhere."""
    return file.is_symlink() and not (
        file.exists() and Path(os.path.realpath(file)).is_relative_to(os.path.realpath(folder))
    )


def _read(file: Path, name: str, refused: list[Refusal]) -> bytes | Path | None:
    try:
        size_bytes = file.stat().st_size
        if size_bytes <= MAX_FILE_BYTES:
            return file.read_bytes()
        if size_bytes <= _MAX_SLIDE_BYTES and (is_dicom(head := head_of(file)) or is_raster(head)):
            return file  # what is no slide is refused when it is looked at
        refused.append(Refusal(path=name, code="too_large", message=f"{name} is larger than 512 MB. Split it."))
    except OSError as error:
        message = f"{name} cannot be read ({error.strerror}). Mend its permissions or its disk."
        refused.append(Refusal(path=name, code="unreadable", message=message))
    return None


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not parts or any(part.startswith((".", "__MACOSX")) for part in parts) or parts[-1] in _DROPPINGS


# ------------------------------------------------------------------ zips


def _unzipped(name: str, data: bytes, refused: list[Refusal], whole_case: bool) -> Iterator[tuple[str, bytes]]:
    """The members of a zip. Nothing is written by a member's name; sizes are bounded before anything is unpacked."""
    try:
        if data.count(_ZIP_ENTRY) > _MAX_ENTRIES:  # before each becomes an object
            raise _refused(name, "too_large", f"holds more than {_MAX_ENTRIES} members. Split it.")
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_zip(name, len(data), archive.infolist())
            members = [(label, item) for item in archive.infolist() if (label := _label(item))]
            folder = _common_folder([label for label, _ in members]) if whole_case else ""
            for label, item in members:
                path = label.removeprefix(folder) if whole_case else f"{name}/{label}"
                try:
                    yield path, _member(archive, item, path)
                except InputError as error:
                    refused.append(Refusal(path=path, code=error.code, message=error.message))
    except InputError as error:
        refused.append(Refusal(path=name, code=error.code, message=error.message))
    except _DAMAGE:
        refused.append(Refusal(path=name, code="unreadable", message=f"{name} is a damaged zip. Pack it again."))


def _refused(path: str, code: str, why: str) -> InputError:
    return InputError(code, f"{path} {why}", "", path)


def _check_zip(name: str, size_bytes: int, items: Sequence[zipfile.ZipInfo]) -> None:
    """Before anything is unpacked. InputError too_large, unreadable, unsupported."""
    total = sum(item.file_size for item in items)
    if total > min(_MAX_UNZIPPED_BYTES, max(_MAX_RATIO * size_bytes, 2**20)):
        raise _refused(name, "too_large", f"unpacks to {total} bytes. Split it.")
    places = sorted((item.header_offset, item.header_offset + item.compress_size) for item in items)
    if any(end > begin for (_, end), (begin, _) in pairwise(places)):
        raise _refused(name, "unreadable", "is a damaged zip: its members overlap. Pack it again.")
    if _OFFICE & {item.filename for item in items}:
        raise _refused(name, "unsupported", "is an office document, which is not read yet. Give it as PDF or text.")


def _label(item: zipfile.ZipInfo) -> str:
    """A member's name as a relative path without steps upwards; empty for what is no file of the case."""
    parts = PurePosixPath(printable(item.filename.replace("\\", "/"))).parts
    label = "/".join(part for part in parts if part not in ("/", "//", "..") and not _DRIVE.fullmatch(part))
    return "" if item.filename.endswith("/") or _hidden(label) else label


def _common_folder(labels: Sequence[str]) -> str:
    """The one folder, with its slash, that holds every member; empty where there is none."""
    tops = {label.split("/", 1)[0] for label in labels}
    return f"{tops.pop()}/" if len(tops) == 1 and all("/" in label for label in labels) else ""


def _member(archive: zipfile.ZipFile, item: zipfile.ZipInfo, path: str) -> bytes:
    """One member, never more of it than it states. InputError too_large, outside, unsupported, unreadable."""
    if item.file_size > MAX_FILE_BYTES:
        raise _refused(path, "too_large", "is larger than 512 MB. Split it.")
    if stat.S_ISLNK(item.external_attr >> 16):
        raise _refused(path, "outside", "is a link in a zip. Put the file itself there.")
    if item.compress_type not in _PACKED:
        raise _refused(path, "unsupported", "is packed in a way that is not read. Pack it again as a common zip.")
    try:
        with archive.open(item) as opened:
            data = opened.read(item.file_size + 1)
    except _DAMAGE as error:
        raise _refused(path, "unreadable", "is a damaged or locked member of its zip. Pack it again.") from error
    if data.startswith(_ZIP):
        raise _refused(path, "unsupported", "is a zip or office document within a zip. Unpack it beside the others.")
    return data
