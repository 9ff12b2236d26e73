"""What a site has measured of a model's confidence: temperature and thresholds by model, task, table and label.

One file, `calibration.json`, in the data folder. Thresholds belong to a model on a site's images, never to the
knowledge tables. Temperature scaling: Guo et al., ICML 2017.
"""

import json
import math
import os
import tempfile
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from prelim.errors import InputError
from prelim.models.metrics import Measured
from prelim.types import Value, digest_of

FILE = "calibration.json"
PROBE = "probe"
"""The task of a finding's presence."""
RESOLUTION = 2.5e-5
"""Nearer to 0 or 1 than this no probability is known: a model's are rounded to four digits."""
_DECIDES = {"model", "task", "table", "label", "wording", "temperature", "present_above", "absent_below"}


class Entry(Value):
    """One label's calibration. `model` is the model's digest, `table` the finding table whose question is asked.

    `wording` is the digest of the questions that were asked: it holds for no others.
    A probability is present from `present_above` on and absent up to `absent_below`, uncertain between; None where too
    few images were at hand to know, and the conservative margin stays. `fitted_on` counts answers, `fitted` is the day,
    `held_out` is how it did on images that it was not fitted on.
    """

    model: str
    task: str = PROBE
    table: str
    label: str
    wording: str
    temperature: float = Field(gt=0, allow_inf_nan=False)
    present_above: float | None = Field(ge=0.5, le=1, allow_inf_nan=False)
    absent_below: float | None = Field(ge=0, le=0.5, allow_inf_nan=False)
    fitted_on: int = Field(ge=1)
    positives: int = Field(ge=0)
    fitted: str
    held_out: Measured

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is the calibration of."""
        return self.model, self.task, self.table, self.label

    def threshold(self, state: Literal["present", "absent"]) -> float | None:
        """From which probability of the state on it is told; None: not known."""
        if state == "present":
            return self.present_above
        return None if self.absent_below is None else 1 - self.absent_below


class Calibration(Value):
    """Entries, each of another model, task, table and label."""

    entries: tuple[Entry, ...] = ()

    @property
    def digest(self) -> str | None:
        """sha256 of what decides an answer, without days and held-out figures; None where there are no entries."""
        decisive = [entry.model_dump(mode="json", include=_DECIDES) for entry in self.entries]
        return digest_of(decisive) if decisive else None

    def of(self, table: str, label: str, task: str = PROBE) -> Entry | None:
        """A label's entry; None where there is none."""
        found = (one for one in self.entries if (one.task, one.table, one.label) == (task, table, label))
        return next(found, None)

    def of_model(self, digest: str) -> "Calibration":
        """The entries of one model."""
        return Calibration(entries=tuple(one for one in self.entries if one.model == digest))

    def with_entries(self, newer: tuple[Entry, ...]) -> "Calibration":
        """These entries in place of what was known of the same labels, in a fixed order."""
        entries = {entry.key: entry for entry in (*self.entries, *newer)}
        return Calibration(entries=tuple(entries[key] for key in sorted(entries)))


def tempered(probability: float, temperature: float) -> float:
    """The probability with its log-odds divided by the temperature; a temperature of 1 leaves it as it is.

    Applied to the mean of all ways of asking, which is the one probability that is told: a mean of tempered log-odds
    would let one certain way outweigh three doubtful ones.
    """
    if temperature == 1:
        return probability
    inside = min(1 - RESOLUTION, max(RESOLUTION, probability))
    return 1 / (1 + math.exp(-math.log(inside / (1 - inside)) / temperature))


# ------------------------------------------------------------------ the file


def read_calibration(home: Path) -> Calibration:
    """What a home's file holds; nothing where there is none. InputError `bad_calibration` for one byte that is off."""
    path = home / FILE
    if not path.is_file():
        return Calibration()
    data = path.read_bytes()
    try:
        stored = json.loads(data)
        found = Calibration.model_validate_json(json.dumps(stored["calibration"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        what = "does not hold a calibration" if isinstance(error, ValidationError) else "cannot be read"
        raise _bad(what) from error
    if _written(found) != data:
        raise _bad("is not as it was written")
    return found


def write_calibration(home: Path, calibration: Calibration) -> Path:
    """Write the file, whole or not at all, and return its place."""
    home.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=home, prefix=f".part-{FILE}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_written(calibration))
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, home / FILE)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
    return home / FILE


def _written(calibration: Calibration) -> bytes:
    """The file's one form, with a digest over all of it."""
    plain = calibration.model_dump(mode="json")
    stored = {"calibration": plain, "sha256": digest_of(plain)}
    return (json.dumps(stored, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _bad(what: str) -> InputError:
    remedy = "Take it away, or put back what `prelim evaluate findings` wrote."
    return InputError("bad_calibration", f"{FILE} {what}.", remedy, FILE)
