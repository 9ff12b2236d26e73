"""A replayed draft and an ablated one in lines for a terminal."""

import json
from typing import TYPE_CHECKING, Any

from app.tables import table

if TYPE_CHECKING:
    from graphs.ablation import Ablation
    from graphs.replay import Replay

_MOST_CHARS = 60


def replayed(found: "Replay") -> str:
    """Whether the draft is the same, what is otherwise, and where."""
    again = "recomputed" if found.recomputed else "replayed"
    if found.content_sha256 is None:
        verdict = "cannot be made again: what it stands on is lost"
    else:
        verdict = "the same draft" if found.same else "NOT the same draft"
    lines = [
        f"{found.case_id} {again}: {verdict}",
        f"content now     {found.content_sha256 or '–'}",
        f"content stored  {found.stored_content_sha256}",
    ]
    if found.edited_content_sha256:
        lines.append(f"as edited       {found.edited_content_sha256}")
    lines.append(f"{found.asked} results were made anew")
    if found.recomputed and found.largest_deviation is not None:
        lines.append(f"largest deviation of a probability {found.largest_deviation:g}, tolerance {found.tolerance:g}")
    lines += [f"changed since drafting: {one.what}: {_short(one.stored)} → {_short(one.now)}" for one in found.changed]
    if found.changed and not found.recomputed:
        lines.append("`prelim replay CASE --recompute` asks everything again, as things are now.")
    rows = [(one.path, _short(one.stored), _short(one.now), one.cause) for one in found.differences]
    return "\n".join([*lines, *filter(None, [table(("where", "stored", "now", "cause"), rows)])])


def ablated(found: "Ablation") -> str:
    """Which statements change, which of them cite the tool, and what is not as it should be."""
    also = ", ".join(name for name in found.dropped if name != found.tool)
    without = f"{found.tool} (and {also}, which rest on it)" if also else found.tool
    lines = [
        f"{found.case_id} without {without}: "
        f"{len(found.changed)} statements change, {found.unchanged} stay: "
        f"{'faithful' if found.faithful else 'NOT faithful'}",
    ]
    rows = [
        (one.section, one.id, one.how, "yes" if one.cites else "no", one.before or "", one.after or "")
        for one in found.changed
    ]
    lines.append(table(("section", "statement", "how", "cites it", "with", "without"), rows))
    lines += [f"violation: {one.section} {one.id}: {one.reason}: {one.text}" for one in found.violations]
    return "\n".join(filter(None, lines))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…"
