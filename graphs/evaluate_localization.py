"""Boxes on films whose boxes are known: how well they lie where the product is asked where a finding is."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from graphs.asked_examples import ask_each, study_at
from graphs.evaluation import Options, given, in_order
from prelim.errors import InputError
from prelim.evaluated import Evaluated, Problem
from prelim.imaging.selection import Film, best_frontal
from prelim.knowledge import rule_of
from prelim.models.box_figures import Placed, figures, overlaps, success
from prelim.types import Laterality, Localization, Study
from tools.alone import sought
from tools.drawn import drawn_boxes
from tools.layouts import imagenome
from tools.layouts.boxes import BoxExample, BoxTruth
from tools.layouts.localization import LAYOUTS
from tools.layouts.sheet import Found, Source, read_layout
from tools.localization import localization as localize
from tools.structures import structures
from tools.tool import Context

Target = tuple[str, Laterality | None]


class Located(NamedTuple):
    """What came of one film: its true boxes with their overlaps, why some were not asked for, and how many boxes were
    given beyond those that are true."""

    placed: tuple[Placed, ...]
    declined: Counter[str]
    surplus: int


def localization(context: Context, data: str, options: Options) -> Evaluated:
    """Ask for every box of a table, of a folder of scene graphs, or of drawn films.

    InputError not_found, bad_truth, no_example.
    """
    films = given(data, options, _read, drawn_boxes, "drawn films")
    placed, declined, problems = list[Placed](), Counter(films.left_out), list(films.problems)
    counts = Counter(films=0, boxes=0, surplus_boxes=0)
    for number, (_, found) in enumerate(ask_each(context, films.examples, _ask), start=1):
        context.progress(f"{number}/{films.total} films")
        if isinstance(found, Problem):
            problems.append(found)
            continue
        placed += found.placed
        declined += found.declined
        counts.update(films=1, boxes=len(found.placed), surplus_boxes=found.surplus)
    curve = success(placed)
    return Evaluated(
        task="localization",
        model=context.identity,
        data=films.source,
        seed=options.seed,
        metrics=tuple(figures(placed, options.seed)),
        counts={name.replace("_", " "): count for name, count in counts.items()},
        declined=dict(sorted(declined.items())),
        problems=in_order(problems),
        curves=(curve,) if curve.points else (),
    )


def _read(path: Path, source: Source) -> Found[BoxExample]:
    return imagenome.read(path, source) if path.is_dir() else read_layout(path, LAYOUTS, source)


def _ask(context: Context, scratch: Path, example: BoxExample) -> Located:
    """InputError no_film, bad_box, no_such_side, and intake's own."""
    study = study_at(context, example.place(scratch), example.image, example.stated)
    film = best_frontal(study)
    if film is None:
        raise InputError("no_film", f"{example.image} holds no frontal chest film.", "")
    _refuse_other_frame(example, film)
    wanted: dict[Target, list[BoxTruth]] = {}
    for box in example.boxes:
        wanted.setdefault((box.label, None if example.structures else _side(box, film)), []).append(box)
    return _match(example, wanted, _found(context, study, example, list(wanted)))


def _refuse_other_frame(example: BoxExample, film: Film) -> None:
    """Boxes that hold for a picture of another size would be measured in the wrong place. InputError bad_box."""
    size = film.image.rows, film.image.columns
    if example.frame not in (None, size):
        raise InputError("bad_box", f"The boxes hold for {example.frame} pixels, the film has {size}.", "")
    for box in example.boxes:
        if box.box_px[2] > size[0] + 1 or box.box_px[3] > size[1] + 1:
            end = f"({box.box_px[2]:g}, {box.box_px[3]:g})"
            raise InputError("bad_box", f"A box of {box.label} ends at {end}, the film has {size} pixels.", "")


def _side(box: BoxTruth, film: Film) -> Laterality | None:
    """The patient's side that a box lies on, as triage tells it to the tool; None where it cannot be known.

    InputError no_such_side.
    """
    places = rule_of(box.label).places
    if box.laterality and box.laterality not in places:
        raise InputError("no_such_side", f"{box.label} is asked by: {', '.join(places)}; not {box.laterality}.", "")
    if box.laterality or "midline" in places:
        return box.laterality or "midline"
    if not (film.image.columns_to or "").startswith(("L", "R")):
        return None
    on_the_right = (box.box_px[1] + box.box_px[3]) / 2 > film.image.columns / 2
    return "left" if on_the_right == (film.image.columns_to or "").startswith("L") else "right"


def _found(context: Context, study: Study, example: BoxExample, wanted: Sequence[Target]) -> Localization:
    if example.structures:
        return structures(context, study=study, names=tuple(label for label, _ in wanted))
    findings = [sought(study, rule_of(label), side) for label, side in wanted]
    return localize(context, studies=(study,), findings=tuple(findings))


def _match(example: BoxExample, wanted: dict[Target, list[BoxTruth]], found: Localization) -> Located:
    """Each target's true boxes beside those given for it. What the card declines is not asked, and does not count."""
    placed, declined, surplus = list[Placed](), Counter[str](), 0
    reasons = {item.label: item.reason for item in found.not_assessed}
    for (label, side), boxes in wanted.items():
        if label in reasons:
            declined[reasons[label]] += len(boxes)
            continue
        given = [box.box_px for box in found.boxes if (box.label, box.laterality) == (label, side)]
        shared = overlaps([box.box_px for box in boxes], given)
        placed += [Placed(label, example.group, one, bool(given)) for one in shared]
        surplus += max(0, len(given) - len(boxes))
    return Located(tuple(placed), declined, surplus)
