"""Ablation: what one tool found is taken away, and the draft is composed and verified from the rest.

Both drafts, with the tool and without it, are composed by today's code from what the case's checkpoint holds.
"""

from collections.abc import Collection

from agents.faithful import StatementChange, Violation, brought_by, judge
from graphs.case import CaseState, found_in
from graphs.replay import recorded_of, rehearsal, run
from graphs.review import Desk
from prelim.draft import Draft, Found
from prelim.errors import InputError
from prelim.types import Value

TOOLS = ("priors", "labs", "notes", "dictation", "localization", "reading", "longitudinal", "triage")
"""The tools whose output can be taken away."""
_RESTS_ON_TRIAGE = ("localization", "reading", "longitudinal")
"""They were given triage's findings, or asked it themselves."""


class Ablation(Value):
    """What becomes of a draft's statements without one tool. `dropped` are that tool and those that rest on it.

    `unchanged` counts statements. `faithful`: no violations. `asked`: how many results were made anew for it.
    """

    case_id: str
    tool: str
    dropped: tuple[str, ...]
    asked: int
    changed: tuple[StatementChange, ...]
    unchanged: int
    violations: tuple[Violation, ...]
    faithful: bool


def ablate(desk: Desk, case_id: str, tool: str) -> Ablation:
    """Compose a case without what one tool found. InputError unknown_tool, unknown_case, not_drafted."""
    if tool not in TOOLS:
        raise InputError("unknown_tool", f"No tool is called '{tool}'.", f"Known: {', '.join(TOOLS)}.")
    row, state = desk.drafted(case_id)
    stored = Draft.model_validate(state["draft"])
    found = found_in(state)
    dropped = _dropped(tool, found)
    whole = _without(state, ("composition", "draft", "decision"))
    with rehearsal(desk, row, recorded_of(stored), stored) as stage:
        before = Draft.model_validate(run(stage.context, whole, from_found=True)["draft"])
        after = Draft.model_validate(run(stage.context, _without(whole, dropped), from_found=True)["draft"])
        asked = len(stage.results.made)
    evidence = {item.id: item for draft in (before, after) for item in draft.evidence}
    verdict = judge(before, after, brought_by(dropped, found, evidence.values()))
    return Ablation(
        case_id=case_id,
        tool=tool,
        dropped=dropped,
        asked=asked,
        changed=verdict.changed,
        unchanged=verdict.unchanged,
        violations=verdict.violations,
        faithful=not verdict.violations,
    )


def _dropped(tool: str, found: Found) -> tuple[str, ...]:
    """The tool and those whose output was made from its output."""
    if tool == "triage":
        return (tool, *_RESTS_ON_TRIAGE)
    if tool == "labs":
        return (tool, "pages")
    compared = {film.sop_instance_uid for chain in found.longitudinal.chains for film in chain.films}
    remembered = {
        image.sop_instance_uid
        for study in found.priors.studies
        for series in study.series
        for image in series.image_set.images
    }
    return (tool, "longitudinal") if tool == "priors" and compared & remembered else (tool,)


def _without(state: CaseState, names: Collection[str]) -> CaseState:
    return {name: value for name, value in state.items() if name not in names}  # type: ignore[return-value]
