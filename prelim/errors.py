"""Named errors. Each has a code for programs, an exit status for shells, and a remedy for people.

A message names the file or thing and how to mend it, never a patient.
"""

from typing import ClassVar


class PrelimError(Exception):
    """The one base. `str(error)` is one line: what is wrong, then the remedy."""

    exit_status: ClassVar[int] = 2

    def __init__(self, code: str, message: str, remedy: str, file: str | None = None) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.code, self.message, self.remedy, self.file = code, message, remedy, file

    def as_json(self) -> dict[str, str | None]:
        """The contract's {"code", "message", "file"}."""
        return {"code": self.code, "message": str(self), "file": self.file}


class InputError(PrelimError):
    """Input that cannot be used: empty_case, unreadable, truncated, no_text, bad_manifest, not_found …"""

    exit_status = 2


class RefusedError(PrelimError):
    """A safety rule says no: patient_mismatch, already_signed, already_rejected, model_altered, …"""

    exit_status = 3


class UnavailableError(PrelimError):
    """The model or a store is not there, full or held by another: model_missing, store_full, store_busy …"""

    exit_status = 4
