"""Where the images of a table lie."""

from functools import cached_property
from pathlib import Path, PurePosixPath

from prelim.errors import InputError


class Pictures:
    """The images below a folder, found by the names that a table has for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def at(self, path: str) -> Path:
        """By its path below the folder. InputError not_found."""
        if not path or not (self.folder / path).exists():
            raise _missing(path)
        return self.folder / path

    def find(self, *names: str) -> Path:
        """The first of some names that is there, each as a public collection has it: a path below the folder, with or
        without its first one or two folders; or a bare name, with or without an ending, of a file anywhere below.

        A path never falls back to the file's name alone: films of many patients are called `view1_frontal.jpg`.
        InputError not_found, ambiguous.
        """
        found = next(filter(None, map(self._find, names)), None)
        if found is None:
            raise _missing(names[0])
        return found

    def _find(self, name: str) -> Path | None:
        parts = [part for part in PurePosixPath(name).parts if part != "/"]
        if len(parts) > 1:
            paths = (self.folder.joinpath(*parts[first:]) for first in range(min(3, len(parts) - 1)))
            return next((path for path in paths if path.exists()), None)
        some = self._by_name.get(name, [])
        if len(some) > 1:
            raise InputError("ambiguous", f"{len(some)} images are called '{name}'.", "")
        return some[0] if some else None

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        """Every file and folder by its name, and files by what stands before the ending."""
        found: dict[str, list[Path]] = {}
        for path in sorted(self.folder.rglob("*")):
            for name in {path.name} | ({path.stem} if path.is_file() else set()):
                found.setdefault(name, []).append(path)
        return found


def _missing(name: str) -> InputError:
    return InputError("not_found", f"The image '{name}' does not exist.", "")
