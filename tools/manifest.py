"""The files of a case as they came: taken in once, kept by hash, with what `case.yaml` says of them."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError

from memory.artifacts import Artifacts
from prelim.errors import InputError
from prelim.imaging.dicom import MAX_FILE_BYTES
from prelim.types import Patient, Refusal, Role, Value

CASE_FILE = "case.yaml"
_DROPPINGS = {"Thumbs.db", "desktop.ini", "DICOMDIR"}
_MAX_UNZIPPED_BYTES = 4 * 2**30
_MAX_RATIO = 200


class File(Value):
    """One file: `path` relative to the case, `sha256` its content in the artifact store."""

    path: str
    sha256: str
    size_bytes: int


class Manifest(Value):
    """Every file of a case, in the order of their paths, and those that could not be taken."""

    files: tuple[File, ...]
    refused: tuple[Refusal, ...] = ()


class FileNote(Value):
    """What `case.yaml` says of one file."""

    role: Role | None = None
    date: str | None = None
    modality: str | None = None
    body_part: str | None = None
    view: Literal["PA", "AP", "LATERAL", "LL", "RL"] | None = None


class CaseFile(Value):
    """`case.yaml`: what the files do not say themselves."""

    patient: Patient = Patient()
    indication: str = ""
    files: dict[str, FileNote] = Field(default_factory=dict)


# ------------------------------------------------------------------ taking in


def scan(path: Path, artifacts: Artifacts) -> Manifest:
    """Take in a folder (any depth), a file, or a zip. InputError not_found, empty_case."""
    path = path.expanduser()
    if not path.exists():
        raise InputError("not_found", f"{path.name} does not exist.", "Give a folder or a file.", path.name)
    files: dict[str, File] = {}
    refused: list[Refusal] = []
    for name, data in _contents(path, refused):
        files[name] = File(path=name, sha256=artifacts.put(data), size_bytes=len(data))
    if not files and not refused:
        raise InputError("empty_case", f"{path.name} holds no files.", "Put the case's files there.", path.name)
    return Manifest(files=tuple(files[name] for name in sorted(files)), refused=tuple(refused))


def _contents(path: Path, refused: list[Refusal]) -> Iterator[tuple[str, bytes]]:
    root = path if path.is_dir() else path.parent
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        name = file.relative_to(root).as_posix()
        if not file.is_file() or _hidden(name):
            continue
        if file.stat().st_size > MAX_FILE_BYTES:
            refused.append(Refusal(path=name, code="too_large", message=f"{name} is larger than 512 MB."))
            continue
        data = file.read_bytes()
        if data[:4] == b"PK\x03\x04":
            yield from _unzipped(name, data, refused)
        else:
            yield name, data


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith((".", "__MACOSX")) for part in parts) or parts[-1] in _DROPPINGS


def _unzipped(name: str, data: bytes, refused: list[Refusal]) -> Iterator[tuple[str, bytes]]:
    """The members of a zip, named under it. Nothing is written by a member's name; sizes are bounded."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [item for item in archive.infolist() if not item.is_dir() and not _hidden(item.filename)]
            total = sum(item.file_size for item in members)
            if total > min(_MAX_UNZIPPED_BYTES, max(_MAX_RATIO * len(data), 2**20)):
                message = f"{name} unpacks to {total} bytes: refused."
                refused.append(Refusal(path=name, code="too_large", message=message))
                return
            for item in members:
                yield f"{name}/{PurePosixPath(item.filename).as_posix().lstrip('/')}", archive.read(item)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        message = f"{name} is a damaged or encrypted zip ({type(error).__name__})."
        refused.append(Refusal(path=name, code="unreadable", message=message))


# ------------------------------------------------------------------ case.yaml


def case_file(manifest: Manifest, artifacts: Artifacts) -> CaseFile:
    """What `case.yaml` says; nothing where there is none. InputError bad_manifest names the line."""
    found = next((file for file in manifest.files if file.path == CASE_FILE), None)
    if found is None:
        return CaseFile()
    stated = _parsed(artifacts.get(found.sha256))
    known = {file.path for file in manifest.files} | {refusal.path for refusal in manifest.refused}
    missing = sorted(set(stated.files) - known)
    if missing:
        raise _bad(f"names a file that is not there: {missing[0]}")
    return stated


def _parsed(data: bytes) -> CaseFile:
    try:
        value = yaml.safe_load(data.decode("utf-8")) or {}
        return CaseFile.model_validate(_as_text(value))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _bad(f"is not YAML{f' (line {mark.line + 1})' if mark else ''}") from error
    except UnicodeDecodeError as error:
        raise _bad("is not UTF-8") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise _bad(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error


def _as_text(value: Any) -> Any:
    """YAML reads 2025-01-03 as a date and 00123 as a number: identifiers and days are text."""
    if isinstance(value, dict):
        return {str(key): _as_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    return value if value is None or isinstance(value, bool) else str(value)


def _bad(what: str) -> InputError:
    return InputError("bad_manifest", f"{CASE_FILE} {what}.", "Mend it, or take it away.", CASE_FILE)
