"""Laboratory tests by their printed names: LOINC codes and UCUM units."""

import re
from functools import cache
from pathlib import Path

import yaml

from prelim.types import Value


class LabTable(Value):
    """`units` maps printed units (lower case) to UCUM; `codes` maps a name to LOINC by UCUM unit."""

    units: dict[str, str]
    codes: dict[str, dict[str, str]]

    def ucum(self, printed: str) -> str | None:
        """A printed unit as UCUM; None where it is not known."""
        return self.units.get(" ".join(printed.lower().split()))

    def loinc(self, name: str, ucum: str | None) -> str | None:
        """The code of a test in a unit; None where either is unknown."""
        return self.codes.get(plain_name(name), {}).get(ucum or "")


def plain_name(name: str) -> str:
    """A printed name in lower case, without punctuation and what stands in brackets."""
    words = re.sub(r"\([^)]*\)", " ", name.lower())
    return " ".join(re.findall(r"[^\W_]+", words))


@cache
def lab_table() -> LabTable:
    """The table in labs.yaml."""
    data = yaml.safe_load((Path(__file__).parent / "labs.yaml").read_text(encoding="utf-8"))
    codes = {name: test["loinc"] for test in data["tests"] for name in test["names"]}
    return LabTable(units=data["units"], codes=codes)
