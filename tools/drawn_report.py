"""What a report says of drawn signs, and drawn films as cases with such a report."""

from collections.abc import Collection, Iterator
from pathlib import Path

from prelim.models.phantom.draw import LABELS, Sign
from tools.drawn import drawn_films
from tools.report_truth import Reported
from tools.truth import Example

_NAMES = {"lung_opacity": "lung opacity", "pleural_effusion": "pleural effusion", "cardiomegaly": "enlarged heart"}


def sentences(signs: Collection[Sign]) -> list[str]:
    """What is there, by side, then what is not."""
    said = [f"There is {'an' if label == 'cardiomegaly' else f'a {side}'} {_NAMES[label]}." for label, side in signs]
    there = {label for label, _ in signs}
    return said + [f"No {_NAMES[label]}." for label in LABELS if label not in there]


def drawn_cases(count: int, seed: int) -> Iterator[Reported]:
    """Drawn films, each of another patient, with a report of what was drawn."""
    for example in drawn_films(count, seed):
        yield _case(example)


def _case(example: Example) -> Reported:
    signs: list[Sign] = [
        (one.label, one.laterality)  # type: ignore[misc]
        for one in example.truths
        if one.present
    ]
    said = sentences(signs)

    def place(scratch: Path) -> Path:
        folder = scratch / "case"
        folder.mkdir()
        example.place(folder)
        return folder

    return Reported(example.image, example.group, f"FINDINGS: {' '.join(said)}\n\nIMPRESSION: {said[0]}\n", place)
