"""Wrong units: another one, another power, none."""

import re
from collections.abc import Iterator

from tests.mutators.drafts import Json, Mutation, Rng, statements
from tests.mutators.wordings import Bank, reworded_result

_WRONG = {
    "mg/L": ("g/L", "mg/dL", "µg/L", "mmol/L", "%"),
    "10^9/L": ("10^6/L", "10^12/L", "g/L", "%"),
    "g/dL": ("mg/dL", "g/L", "mmol/L", "%"),
    "mmol/L": ("mg/dL", "mol/L", "µmol/L", "%"),
    "mg/dL": ("mmol/L", "g/dL", "µmol/L", "mg/L", "%"),
    "mg": ("g", "µg", "mL"),
}
"""None of these is the right one in other letters; the same number stands before each."""
_UNIT = re.compile(
    r"(?<=\d )(" + "|".join(re.escape(unit) for unit in sorted(_WRONG, key=len, reverse=True)) + r")(?![\w/^])"
)


def mutations(draft: Json, rng: Rng, bank: Bank) -> Iterator[Mutation]:
    """Wrong units in every statement that has one."""
    for _, one in statements(draft):
        text = one["text"]
        for place, found in enumerate(_UNIT.finditer(text)):
            wrong = str(rng.choice(_WRONG[found.group()]))
            after = text[: found.start()] + wrong + text[found.end() :]
            yield Mutation("unit", "another", one["id"], text, after, in_place=True)
            if reworded := reworded_result(rng, bank, after):
                yield Mutation("unit", "another, reworded", one["id"], text, reworded)
            # An earlier value without its unit would be read in the unit before it.
            if place == 0:
                after = text[: found.start() - 1] + text[found.end() :]
                yield Mutation("unit", "dropped", one["id"], text, after, in_place=True)
