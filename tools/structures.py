"""Structures: where on a film a structure of the body lies. No draft asks for it; what boxes are measured on does."""

from prelim.imaging.selection import best_frontal
from prelim.prompts import render
from prelim.types import Localization, NotAssessed, Study
from tools.localization import Target, locate
from tools.tool import Context, tool


@tool(reads=("out_of_scope",))
def structures(context: Context, *, study: Study, names: tuple[str, ...]) -> Localization:
    """Ask for the boxes of structures, by their names ("right clavicle"), on a study's best frontal film."""
    film = best_frontal(study)
    if film is None:
        return Localization()
    reason = context.model.card.declines("localization", film.series)
    if reason and not context.settings.out_of_scope:
        uid = study.study_instance_uid
        refused = (
            NotAssessed(study_instance_uid=uid, task="localization", label=name, reason=reason) for name in names
        )
        return Localization(not_assessed=tuple(refused))
    outside = reason is not None
    questions = ((name, render("localization", "structure", structure=name)) for name in names)
    return locate(
        context, [Target(film, name, text, f"structure {name}", name, None, outside) for name, text in questions]
    )
