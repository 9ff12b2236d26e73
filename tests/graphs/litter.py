"""A process that forks a draft of CASE_DIR for each line it reads: `python -m tests.graphs.litter CASE_DIR`.

What takes seconds to import is imported once, so that each child starts to work soon and may be killed at any instant
of its work. The model is the child's own: its worker is a thread, and no thread comes through a fork.

A line names a home and the seconds after which the child is killed (inf: never). Prints how the child ended: its
status, or minus the signal; and how many seconds that took.
"""

import math
import os
import signal
import sys
import time
from pathlib import Path

import chromadb
import sentence_transformers
import transformers.models.gemma3.image_processing_pil_gemma3
import transformers.models.gemma3.modeling_gemma3
import transformers.models.gemma3.processing_gemma3

import prelim.models.runtime
from app import Prelim

IMPORTED = (chromadb, sentence_transformers, transformers, prelim.models.runtime)


def main(case_dir: str) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        home, seconds = line.split()
        child = os.fork()
        if child == 0:
            Prelim(home=Path(home), threads=1, device="cpu").draft(case_dir)
            os._exit(0)
        started = time.monotonic()
        if float(seconds) != math.inf:
            time.sleep(float(seconds))
            os.kill(child, signal.SIGKILL)  # one that is done waits to be collected: its id is nobody else's
        _, ended = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(ended), time.monotonic() - started, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
