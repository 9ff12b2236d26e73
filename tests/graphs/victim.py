"""A process that kills itself with SIGKILL at a given place: `python -m tests.graphs.victim HOME CASE PLACE CUT`."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import Prelim
from graphs import case as graph
from graphs.review import Desk
from memory.history import History

SIGNING: dict[str, tuple[type, str]] = {
    "deliver": (Desk, "_deliver"),
    "remember": (History, "add"),
    "log": (Desk, "_log"),
}


def fatal(step: Callable[..., Any], cut: str) -> Callable[..., Any]:
    """The step, deadly: before it does anything, or once it has done everything."""

    def killed(*given: object, **named: object) -> None:
        if cut == "after":
            step(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    return killed


def main(home: str, case_id: str, place: str, cut: str) -> None:
    """Run the case until a node, or sign it until a step of the signing."""
    prelim = Prelim(home=Path(home), threads=1, device="cpu")
    if place in SIGNING:
        owner, name = SIGNING[place]
        setattr(owner, name, fatal(getattr(owner, name), cut))
        prelim.sign(case_id, reviewer="Dr Example")
    else:
        graph._NODES[place] = fatal(graph._NODES[place], cut)
        prelim.run(case_id)


if __name__ == "__main__":
    main(*sys.argv[1:])
