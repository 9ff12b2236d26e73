"""A place as a tool saw it: what a statement points at that rests on the tool's look, not on the place alone."""

from prelim.types import Evidence, evidence

TOOLS = {
    "probe": "triage",
    "localization": "localization",
    "comparison": "longitudinal",
    "reading": "reading",
    "dictation": "dictation",
}
"""What was asked in vain → the tool that asked."""


def seen_by(tool: str, place: Evidence) -> Evidence:
    """An image as a tool saw it, or declined to; `ref` names the tool."""
    return evidence("image", **place.model_dump(exclude={"id", "kind", "ref"}), ref=tool)


def said_by(tool: str, words: str) -> Evidence:
    """What a tool said of the case as a whole."""
    return evidence("statement", quote=words, ref=tool)
