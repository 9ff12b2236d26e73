"""`case.yaml`: what the files of a case do not say themselves. A mistake in it stops the case, by line."""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from memory.artifacts import Artifacts
from prelim.documents.day import readings
from prelim.errors import InputError
from prelim.types import Patient, Role, Value
from tools.manifest import Manifest

CASE_FILE = "case.yaml"
PAPER_ROLES = ("lab", "note", "report", "dictation")
"""A picture in one of these roles is a sheet of paper."""
_MAX_BYTES = 2**20


def _upper(value: Any) -> Any:
    return value.strip().upper() if isinstance(value, str) else value


def _day(value: Any) -> Any:
    days = readings(value) if isinstance(value, str) else set()
    if len(days) != 1:
        raise ValueError("should be a day such as 2025-03-14")
    return days.pop()


Day = Annotated[str, BeforeValidator(_day)]
Term = Annotated[str, BeforeValidator(_upper)]
View = Annotated[Literal["PA", "AP", "LATERAL", "LL", "RL"], BeforeValidator(_upper)]


class FileNote(Value):
    """What `case.yaml` says of one file."""

    role: Role | None = None
    date: Day | None = None
    modality: Term | None = None
    body_part: Term | None = None
    view: View | None = None
    mpp: float | None = Field(default=None, gt=0)
    """Of a slide that does not say it: µm a pixel."""


class _Named(Patient):
    birth_date: Day | None = None


class CaseFile(Value):
    """The whole of `case.yaml`."""

    patient: _Named = _Named()
    indication: str = ""
    files: dict[str, FileNote] = Field(default_factory=dict)

    def note(self, path: str) -> FileNote:
        """What it says of a file; nothing where it says nothing."""
        return self.files.get(path, FileNote())


def is_case_file(path: str) -> bool:
    """Whether a path is named as one, wherever it lies: only the one at the top is read."""
    return PurePosixPath(path).name.lower() in (CASE_FILE, "case.yml")


def case_file(manifest: Manifest, artifacts: Artifacts) -> CaseFile:
    """What `case.yaml` says; nothing where there is none. InputError bad_manifest names the line."""
    found = next((file for file in manifest.files if file.path == CASE_FILE), None)
    if found is None:
        return CaseFile()
    root, stated = _parsed(artifacts.get(found.sha256))
    known = {file.path for file in manifest.files} | {refusal.path for refusal in manifest.refused}
    missing = next((path for path in stated.files if path not in known), None)
    if missing is not None:
        raise _bad(f"names a file that is not there: {missing}", _line(root, ("files", missing)))
    return stated


def _parsed(data: bytes) -> tuple[yaml.Node | None, CaseFile]:
    """Every scalar stays the text that it is: YAML would read 00123 as 83 and a day as a date."""
    if len(data) > _MAX_BYTES:
        raise _bad("is larger than 1 MB")
    root = None
    try:
        text = data.decode("utf-8-sig")
        root = yaml.compose(text, Loader=yaml.BaseLoader)
        return root, CaseFile.model_validate(_filled(yaml.load(text, Loader=yaml.BaseLoader)) or {})
    except yaml.MarkedYAMLError as error:
        raise _bad("is not YAML", error.problem_mark.line + 1 if error.problem_mark else None) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _bad("is not YAML") from error
    except UnicodeDecodeError as error:
        raise _bad("is not UTF-8") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _bad(f"'{where}': {first['msg']}", _line(root, first["loc"])) from error


def _filled(value: Any, depth: int = 3) -> Any:
    """Without the keys that have no value, down to a file's notes; paths in their plain form."""
    if not isinstance(value, dict) or not depth:
        return value
    given = {key: _filled(item, depth - 1) for key, item in value.items() if item not in ("", "~", "null")}
    if isinstance(given.get("files"), dict) and depth == 3:
        given["files"] = {PurePosixPath(str(path)).as_posix(): note for path, note in given["files"].items()}
    return given


def _line(node: yaml.Node | None, location: Sequence[int | str]) -> int | None:
    """The line, counted from 1, of the deepest part of a location that is there."""
    line = None
    for part in location:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((key, value) for key, value in pairs if key.value == part), None)
        if found is None:
            return line
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _bad(what: str, line: int | None = None) -> InputError:
    place = f" (line {line})" if line else ""
    return InputError("bad_manifest", f"{CASE_FILE} {what}{place}.", "Mend it, or take it away.", CASE_FILE)
