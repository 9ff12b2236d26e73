"""The engine: Gemma 3 at the limit of the machine. Knows torch and the model's parts, nothing of the rest of Prelim.

Read `engine.py` first: it names the stages. `prompt.py` says what is asked, `plan.py` what is asked together,
`layout.py` what may look at what, `cache.py` what is kept, `body.py` calls the model's parts; `decode.py` writes
answers, in `lanes.py`, as one launch by `replay.py`; `calls.py` and `worker.py` serve many callers.
"""

from prelim.models.engine.calls import BusyError, Call, LateError
from prelim.models.engine.decode import Guide, Row
from prelim.models.engine.engine import Engine, OutOfMemoryError, Sizes
from prelim.models.engine.prompt import Picture, Prompt
from prelim.models.engine.worker import Pool, Worker

__all__ = [
    "BusyError",
    "Call",
    "Engine",
    "Guide",
    "LateError",
    "OutOfMemoryError",
    "Picture",
    "Pool",
    "Prompt",
    "Row",
    "Sizes",
    "Worker",
]
