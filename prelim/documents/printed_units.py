"""Units as laboratories print them: told from words, flags and numbers by their form, before any table is asked."""

import re
from functools import lru_cache

_REMEMBERED = 2048
_PREFIX = r"(?:[munpfkdcµμ]|mc)?"
_POWER = r"(?:[x×*]\s?)?10(?:\s?[\^*°'eE]\s?\d{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}|\d(?=\s?/))"
_ABOVE = (
    rf"(?:{_PREFIX}(?:g|mol|eq|iu|ui|ie|u|e|kat|osm|osmol|l|pa|eu|gpl|mpl)|mcg|mill?i?o?\.?|mio\.?|tsd\.?|thou|mil|k|m|g|t|gpt|tpt"
    r"|mm|cells?|zellen|células|copies|kopien|cop|cfu|kbe|ufc|leu|ery)"
)
_BELOW = (
    rf"(?:\{{?1[.,]73(?:[\s_]?m(?:2|²|\^2|\*2)?)?\}}?|{_PREFIX}l|dl|mm3|mm³|mm\^3|cu\s?mm|cmm|{_PREFIX}g|kg"
    rf"|{_PREFIX}mol|min|hr?|std|d|day|tag|día|jour"
    r"|24\s?h(?:rs?)?|hpf|lpf|field|gf|feld|campo|champ|100\s?(?:ml|wbc|leuko)|sec|s|m2|m²)"
)
_ALONE = (
    r"(?:%|‰|fl|pg|sec(?:onds?|s)?\.?|sek\.?|seg\.?|s|mm|mmhg|mm\s?hg|kpa|ratio|inr|index|quick|sd|‰|mosm/kg|°c|coi"
    r"|s/co|u\.?i\.?)"
)
_UNIT = re.compile(
    rf"(?:{_POWER}\s?(?:{_ABOVE}\s?)?(?:/\s?{_BELOW}){{1,3}}"
    rf"|(?:{_ABOVE})?\s?(?:/\s?{_BELOW}){{1,3}}(?:\s?\(1[.,]73\s?m(?:2|²)\))?|{_ALONE})"
    r"(?=$|[\s,;)\]|])",
    re.I,
)
_MISREAD = str.maketrans({"I": "l", "|": "l", "1": "l", "i": "l", "O": "o", "0": "o", "μ": "u", "µ": "u", "y": "u"})


@lru_cache(_REMEMBERED)
def unit_at(text: str) -> int:
    """The length of the unit that a text begins with; 0 where it begins with none."""
    match = _UNIT.match(text)
    return match.end() if match else 0


def is_unit(text: str) -> bool:
    """Whether a text is a unit and nothing else."""
    plain = text.strip()
    return bool(plain) and unit_at(plain) == len(plain)


def misread_alike(unit: str) -> str:
    """What units that a scan confuses have in common: "mg/dI" and "mg/dl", "ug/L" and "µg/L"."""
    return "".join(unit.translate(_MISREAD).casefold().split())
