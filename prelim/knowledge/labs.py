"""Laboratory tests by their printed names: LOINC codes (see NOTICE) and UCUM units.

laboratory/*.yaml has an entry for each analyte: its printed names by language, and by specimen and property
(units.yaml) the LOINC code, for a code names both: mass and molar concentration of the same analyte are two codes.
Of a list of codes the first is given, the others (of a method or a vessel) are known when a file has them. `any_blood`
stands for blood from any vessel, whole. Where it is wanted an entry has its molar mass (g/mol) and valence,
`linear` (another scale), and `change`, the least relative change that a trend calls one.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from prelim.knowledge.unit_names import family_of, property_of, ucum_of
from prelim.types import Value

_HERE = Path(__file__).parent
_LANGUAGES = ("en", "de", "es", "fr")
_BLOOD = ("blood", "whole_blood", "arterial_blood", "venous_blood", "capillary_blood")
_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
_LONGEST = 200
_METHOD = re.compile(r"\s+by\s+.*$")


class Scale(Value):
    """`to` = scale × `from_` + offset, both UCUM."""

    from_: str
    to: str
    scale: float
    offset: float


class Analyte(Value):
    """What is measured. `codes` are LOINC by specimen and property; molar mass in g/mol, valence in eq/mol.

    Results of one `series` are followed over time together: LDL cholesterol, calculated or measured.
    """

    key: str
    series: str
    codes: dict[str, dict[str, str]]
    molar_mass: float | None = None
    valence: int | None = None
    change: float | None = None
    linear: Scale | None = None
    home: str | None = None
    """The specimen that the test alone implies, where it is not blood."""


class Meaning(NamedTuple):
    """What a LOINC code of the table says. `kind` is a key of `properties` in units.yaml."""

    analyte: Analyte
    specimen: str
    kind: str

    @property
    def quantity(self) -> tuple[str, str, str]:
        """What results must share to be compared: series, specimen (all blood is one), family of units."""
        place = "blood" if self.specimen in _BLOOD else self.specimen
        return self.analyte.series, place, family_of(self.kind)


class LabTable(NamedTuple):
    """Analytes by key, the keys that share a printed name, and what each code means."""

    analytes: Mapping[str, Analyte]
    names: Mapping[str, tuple[str, ...]]
    codes: Mapping[str, Meaning]

    def ucum(self, printed: str) -> str | None:
        """A printed unit as UCUM, "1" where none is printed; None where it is not known."""
        return ucum_of(printed)

    def loinc(self, name: str, ucum: str | None, specimen: str | None = None) -> str | None:
        """The code of a test in a unit; None where name, unit or specimen are unknown, or two codes would fit.

        Without a unit ("1") only what needs none is coded: ratios, pH, and what is present or absent. The specimen is
        one in the name ("Glucose, CSF"), else the one given, else blood, else the analyte's home: nitrite is looked for
        in urine, a color in anything.
        """
        kind = property_of(ucum) if ucum else None
        found = {one.analyte.codes[one.specimen][one.kind] for one in self.meant(name, kind, specimen)}
        return found.pop() if len(found) == 1 else None

    def meant(self, name: str, kind: str | None, specimen: str | None = None) -> list[Meaning]:
        """What a printed name may mean, in a unit of this kind; empty where nothing, or a specimen is unknown."""
        keys, in_name = self._named(name)
        given = in_name or (specimen_of(specimen) if specimen else None)
        if kind is None or (specimen and given is None):
            return []
        found = [(self.analytes[key], place) for key in keys for place in self._places(self.analytes[key], given)]
        return [Meaning(one, place, kind) for one, place in found if kind in one.codes[place]]

    def knows(self, name: str) -> bool:
        """Whether a printed name is a test's, with or without its specimen."""
        return bool(self._named(name)[0])

    def every(self, name: str, specimen: str | None = None) -> list[Meaning]:
        """What a printed name may mean in any unit."""
        kinds = {kind for key in self._named(name)[0] for by in self.analytes[key].codes.values() for kind in by}
        return [one for kind in sorted(kinds) for one in self.meant(name, kind, specimen)]

    def _named(self, name: str) -> tuple[tuple[str, ...], str | None]:
        """The analytes of a name, and the specimen it names. The whole name goes first: "blood urea nitrogen"."""
        for form in _forms(name[:_LONGEST]):
            if form in self.names:
                return self.names[form], None
            for rest, specimen in _without_specimen(form):
                if rest in self.names:
                    return self.names[rest], specimen
        return (), None

    def _places(self, analyte: Analyte, specimen: str | None) -> list[str]:
        if specimen is None:
            return [place for place in ("blood", analyte.home or "blood") if place in analyte.codes][:1]
        vessels = ["whole_blood"] if specimen in _BLOOD[2:] else []
        return [place for place in (specimen, *vessels) if place in analyte.codes][:1]


# ------------------------------------------------------------------ names


def plain_name(name: str) -> str:
    """A printed name in small letters, without accents, punctuation and what stands in brackets."""
    return _words(_BRACKETS.sub(" ", name)) or _words(name)


def specimen_of(text: str) -> str | None:
    """The table's key for a specimen as printed; None where it is not known."""
    words = re.sub(r"\b(?:specimen|sample|probe|muestra)\b", " ", _words(text.replace("_", " ")))
    return specimens().get(" ".join(words.split()))


def _words(text: str) -> str:
    """Letters and figures; "++" is one, for Ca++ may be the ionized part and is not taken for Ca."""
    spelt = unicodedata.normalize("NFKD", text.replace("++", " 2p "))
    plain = "".join(part for part in spelt if not unicodedata.combining(part))
    words = re.sub(r"(?<=\w)\s*/\s*(?=\w)", " / ", plain.casefold())
    return " ".join(re.findall(r"[^\W_]+|/", words)).strip("/ ")


def _forms(name: str) -> Iterator[str]:
    """A name as it is, then without brackets, then without a method ("… by Test strip").

    Each also with its words in alphabetical order: "Bilirubin, Total".
    """
    plain = plain_name(name)
    for form in dict.fromkeys((_words(name), plain, _METHOD.sub("", plain))):
        yield form
        yield _in_order(form)


def _in_order(form: str) -> str:
    return form if "/" in form else " ".join(sorted(form.split()))


def _without_specimen(form: str) -> Iterator[tuple[str, str]]:
    """A name without the words of a specimen at either end, longest words first."""
    for words in sorted(specimens(), key=len, reverse=True):
        for rest in (form.removesuffix(f" {words}"), form.removeprefix(f"{words} ")):
            if rest != form:
                bare = re.sub(r"\s(?:in|im|en|of|dans les?)$|^(?:of|in|en)\s", "", rest)
                yield bare, specimens()[words]
                yield _in_order(bare), specimens()[words]
    if form.startswith("u "):  # "U-Kreatinin"; a P may stand for plasma or the pancreas
        yield form.removeprefix("u "), "urine"


# ------------------------------------------------------------------ the tables


@cache
def default_change() -> float:
    """The least relative change that a trend calls one, of an analyte that has none of its own (trend.yaml)."""
    return float(yaml.safe_load((_HERE / "trend.yaml").read_text(encoding="utf-8"))["default_change"])


@cache
def specimens() -> Mapping[str, str]:
    """Words for specimens (specimens.yaml) → their keys."""
    data = yaml.safe_load((_HERE / "specimens.yaml").read_text(encoding="utf-8"))
    return {_words(word): key for key, words in data.items() for word in (key.replace("_", " "), *words)}


@cache
def lab_table() -> LabTable:
    """The tables in laboratory/."""
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted((_HERE / "laboratory").glob("*.yaml"))
    entries = {key: entry for path in files for key, entry in yaml.load(path.read_bytes(), loader).items()}
    analytes = {key: _analyte(key, entry) for key, entry in entries.items()}
    names: dict[str, dict[str, None]] = {}
    for key, entry in entries.items():
        for name in (key.replace("_", " "), *(name for language in _LANGUAGES for name in entry.get(language, ()))):
            for form in (_words(str(name)), _in_order(_words(str(name)))):
                names.setdefault(form, {})[key] = None
    codes: dict[str, Meaning] = {}
    for key, entry in entries.items():
        for specimen, property, some in _by_specimen(entry):
            for code in some:
                codes.setdefault(code, Meaning(analytes[key], specimen, property))
    return LabTable(analytes, {name: tuple(keys) for name, keys in names.items()}, codes)


def _analyte(key: str, entry: Mapping[str, Any]) -> Analyte:
    given = {field: entry[field] for field in ("molar_mass", "valence", "change", "series", "home") if field in entry}
    linear = {("from_" if field == "from" else field): item for field, item in entry.get("linear", {}).items()}
    codes: dict[str, dict[str, str]] = {}
    for specimen, property, some in _by_specimen(entry):
        codes.setdefault(specimen, {}).setdefault(property, some[0])
    return Analyte(key=key, codes=codes, linear=Scale(**linear) if linear else None, **{"series": key, **given})


def _by_specimen(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Specimen, property, and the codes of both. A specimen's own codes stand before those of `any_blood`."""
    for place, codes in sorted(entry.items(), key=lambda item: item[0] == "any_blood"):
        if isinstance(codes, dict) and place != "linear":
            for specimen in _BLOOD if place == "any_blood" else (place,):
                for property, some in codes.items():
                    yield specimen, property, (some,) if isinstance(some, str) else tuple(some)
