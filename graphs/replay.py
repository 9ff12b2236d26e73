"""Replay: a draft is made once more, and what comes out otherwise is listed with its cause.

A replay takes the results that the draft was made of: the memoised ones, under the very keys that were noted at
drafting (`provenance.results`). The checkpoint also holds them, but from there a replay would prove nothing about the
memo; and keys computed anew miss as soon as the code or the patient's history has moved on. So the memo is what is
tried, and the digests noted at drafting tell whether it still holds what was drafted from. A recomputation asks
again instead: nothing memoised, nothing cached, one question at a time, under today's settings.

Neither writes to the case, its stores, its folder, the history or the audit log.
"""

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from langgraph.checkpoint.memory import InMemorySaver

from agents.differences import differences, largest_deviation
from agents.draft import SHAPING, software
from graphs.case import CaseState, begun, build
from graphs.review import Desk, calibration_of, start_of
from memory.artifacts import Artifacts
from memory.cases import CaseRow
from memory.rehearsal import RehearsedArtifacts, RehearsedResults
from prelim import prompts
from prelim.code import code_digests
from prelim.draft import Draft
from prelim.models.singly import ChatSingly
from prelim.settings import Settings
from prelim.types import Value
from tools.intake import Manifest
from tools.tool import Context, Taken, open_context

TOLERANCE = 1e-4
"""How far a probability may be off when it is asked for again, singly and with nothing cached: one unit of its last
digit. Measured in fp32 on one processor, 1,560 questions about 60 pairs of phantoms with the embedded model: at most
2.1e-6 before rounding, and no digit of an answer differed. In bf16 on a GPU it is not measured."""
_MOVES_ON = ("priors",)
"""Tools that read the patient's history, which goes on: a recomputation takes what was found when it was drafted."""
_MADE_OF = {
    "labs": ("labs",),
    "trends": ("labs", "priors"),
    "boxes": ("localization",),
    "comparisons": ("longitudinal",),
    "notes": ("notes",),
    "transcripts": ("dictation",),
    "pages": ("strips", "labs"),
}
"""Parts of a draft that few tools have a hand in; in every other part all may."""
_OF_THE_HOME = (
    "home",
    "encoder",
    "medgemma",
    "medasr",
    "served_key",
    "served_timeout_s",
    "served_at_once",
    "threads",
    "cache_mib",
    "deadline_s",
)
"""The settings that tell where things lie and how fast they go. All others are the draft's, or at their defaults."""


class Differing(Value):
    """One place where the draft now differs from the stored one: a path into draft.json, or a stored thing."""

    path: str
    stored: Any
    now: Any
    cause: str


class Changed(Value):
    """Something that is otherwise than when the draft was made: model, prompts, a room's code, software, a setting."""

    what: str
    stored: Any
    now: Any


class Replay(Value):
    """A draft made once more. `content_sha256` is None where it could not be made: a file of the case is lost.

    `same`: the digests are equal; of a recomputation, that nothing differs but probabilities within `tolerance`.
    `asked`: how many results were made anew. `stored_content_sha256` is the draft before a person's edits,
    `edited_content_sha256` with them, where there are any.
    """

    case_id: str
    recomputed: bool
    content_sha256: str | None
    stored_content_sha256: str
    edited_content_sha256: str | None
    same: bool
    asked: int
    tolerance: float
    largest_deviation: float | None
    changed: tuple[Changed, ...]
    differences: tuple[Differing, ...]


class Stage(NamedTuple):
    """Where a draft is made once more."""

    context: Context
    results: RehearsedResults


def replay(desk: Desk, case_id: str, recompute: bool = False) -> Replay:
    """Make a case's draft again from what it was made of, or by asking everything again (`recompute`).

    InputError unknown_case, not_drafted; UnavailableError result_unreadable, and what asking may raise.
    """
    row, state = desk.drafted(case_id)
    stored = Draft.model_validate(state["draft"])
    recorded = recorded_of(stored)
    with rehearsal(desk, row, recorded, stored, recompute) as stage:
        changed = changed_since(stored, stage.context, settings_too=recompute)
        lost = list(_lost(stage.context.artifacts, row, state))
        files = _files(stage.context.artifacts, row)
        if any(one.stored in files for one in lost):
            return _told(desk, stored, None, recompute, changed, lost, stage)
        again = run(stage.context, start_of(row))
        now = Draft.model_validate(again["draft"])
        aside = [*lost, *([] if recompute else _results(stage, recorded, again))]
        return _told(desk, stored, now, recompute, changed, aside, stage)


def _told(
    desk: Desk,
    stored: Draft,
    now: Draft | None,
    recompute: bool,
    changed: tuple[Changed, ...],
    aside: list[Differing],
    stage: Stage,
) -> Replay:
    tolerance = TOLERANCE if recompute else 0.0
    apart = differences(stored, now, tolerance) if now else []
    causes = [f"{one.path} {one.cause}" for one in aside if one.path.startswith("results.")]
    why = changed and f"changed since drafting: {', '.join(one.what for one in changed)}"
    found = [Differing(**d._asdict(), cause=_cause(d.path, causes) or why or "not reproduced") for d in apart]
    equal = now is not None and now.content_sha256 == stored.content_sha256
    edited = desk.show(stored.case_id).content_sha256 if desk.cases.edits(stored.case_id) else None
    return Replay(
        case_id=stored.case_id,
        recomputed=recompute,
        content_sha256=now.content_sha256 if now else None,
        stored_content_sha256=stored.content_sha256,
        edited_content_sha256=edited,
        same=now is not None and not apart if recompute else equal,
        asked=len(stage.results.made),
        tolerance=tolerance,
        largest_deviation=largest_deviation(stored, now) if now else None,
        changed=changed,
        differences=(*aside, *found),
    )


def _cause(path: str, causes: list[str]) -> str:
    """Of what befell the stored results, that which concerns this part of the draft; else all of it."""
    tools = _MADE_OF.get(path.split("[")[0].split(".")[0], ())
    mine = [cause for cause in causes if cause.split()[0].removeprefix("results.") in tools]
    return "; ".join(dict.fromkeys(mine or causes))


# ------------------------------------------------------------------ the stage


def recorded_of(stored: Draft) -> dict[str, Taken]:
    """The results that a draft was made of, by call; none of one that an earlier version made."""
    return {call: Taken.model_validate(taken) for call, taken in stored.provenance.get("results", {}).items()}


@contextmanager
def rehearsal(
    desk: Desk, row: CaseRow, recorded: Mapping[str, Taken], stored: Draft, recompute: bool = False
) -> Iterator[Stage]:
    """A context over the home's stores that writes to none of them. What is made anew goes with it."""
    held = {call: taken for call, taken in recorded.items() if not recompute or taken.tool in _MOVES_ON}
    keys = {taken.key for taken in held.values()}
    settings = _settings(desk.settings, row, stored, recompute)
    opened = open_context(settings, desk.progress, row.case_id)
    folder = Path(tempfile.mkdtemp(prefix="prelim-"))
    try:
        results = RehearsedResults(opened.results.database, lambda key: not recompute or key in keys)
        context = replace(
            opened, results=results, artifacts=RehearsedArtifacts(opened.artifacts, folder), recorded=held
        )
        if not recompute:
            context.open_calibration = lambda: calibration_of(row, opened)
        else:
            context.open_model = lambda: ChatSingly.of(opened.model)
        yield Stage(context, results)
    finally:
        shutil.rmtree(folder)


def _settings(settings: Settings, row: CaseRow, stored: Draft, recompute: bool) -> Settings:
    """Where things lie as now; the rest as at drafting or, to ask again, as now and with nothing cached."""
    kept = {name: getattr(settings, name) for name in _OF_THE_HOME}
    shaping = settings.model_dump(include=SHAPING) if recompute else stored.provenance["settings"]
    fields = type(settings).model_fields
    values = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
    values |= kept | {name: value for name, value in shaping.items() if name in fields}
    values |= {name: row.options[name] for name in ("model", "out_of_scope")}
    return Settings(**values | ({"cache_mib": 0} if recompute else {}))


def run(context: Context, state: CaseState, from_found: bool = False) -> CaseState:
    """The case graph up to its review, with no trace of it. `from_found`: from what the tools found, in `state`, on."""
    graph = build(context, _nothing, InMemorySaver(), rehearsed=True)
    thread: Any = {"configurable": {"thread_id": "replay"}}
    if from_found:
        graph.update_state(thread, {**state, **begun()}, as_node="longitudinal")
    graph.invoke(None if from_found else state, thread)
    return graph.get_state(thread).values  # type: ignore[return-value]


def _nothing(state: CaseState) -> None:
    """Nobody decides about a rehearsed draft, and nothing follows."""


# ------------------------------------------------------------------ what is otherwise


def changed_since(stored: Draft, context: Context, settings_too: bool) -> tuple[Changed, ...]:
    """What made the draft and is otherwise now."""
    made = stored.provenance
    pairs: dict[str, tuple[Any, Any]] = {
        "model": (stored.model.digest, context.identity.digest),
        "model card": (stored.model.card, context.identity.card),
        "prompts": (stored.prompts, prompts.digest()),
        "calibration": (made.get("calibration"), context.calibration.digest),
        **_pairs("code of", made.get("code", {}), code_digests()),
        **_pairs("software", made["software"], software()),
    }
    if settings_too:
        pairs |= _pairs("setting", made["settings"], context.settings.model_dump(mode="json", include=SHAPING))
    return tuple(Changed(what=what, stored=was, now=now) for what, (was, now) in pairs.items() if was != now)


def _pairs(what: str, stored: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {f"{what} {name}": (stored.get(name), now.get(name)) for name in sorted({*stored, *now})}


def _results(stage: Stage, recorded: Mapping[str, Taken], again: CaseState) -> Iterator[Differing]:
    """The calls whose results were not those of the drafting."""
    taken = {call: Taken.model_validate(one) for call, one in again["results"].items()}
    for call, one in taken.items():
        was, ran = recorded.get(call), one.key in stage.results.made
        if was is None:
            cause = "was not asked for at drafting" if recorded else "was not noted at drafting"
        elif ran:
            cause = "is missing from the stored results, and was made anew"
        else:
            cause = "was altered since drafting"
        if was is None or ran or was.value_sha256 != one.value_sha256:
            digest = was.value_sha256 if was else None
            yield Differing(path=f"results.{one.tool}", stored=digest, now=one.value_sha256, cause=cause)


def _files(artifacts: Artifacts, row: CaseRow) -> frozenset[str]:
    """The hashes of the case's manifest and, where it can be read, of its files."""
    manifest = row.options["manifest_sha256"]
    if artifacts.wrong(manifest):
        return frozenset([manifest])
    return frozenset([manifest, *(f.sha256 for f in Manifest.model_validate(artifacts.get_json(manifest)).files)])


def _lost(artifacts: Artifacts, row: CaseRow, state: CaseState) -> Iterator[Differing]:
    """What the case stands on and the artifact store does not hold, or holds damaged."""
    files = _files(artifacts, row)
    derived = {sha for name in ("case", "priors", "pages", "dictation") for sha in _hashes(state.get(name))}
    for sha256 in sorted(files | derived):
        wrong = artifacts.wrong(sha256)
        if wrong:
            what = "a file of the case" if sha256 in files else "made of the case's files, or of an earlier study's"
            yield Differing(path=f"artifacts.{sha256}", stored=sha256, now=wrong, cause=f"{what} is {wrong}")


def _hashes(value: Any, name: str = "") -> Iterator[str]:
    """Every artifact that a dumped value names, under a key that ends in sha256."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _hashes(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from _hashes(item, name)
    elif isinstance(value, str) and name.endswith("sha256") and value:
        yield value
