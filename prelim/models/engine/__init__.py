"""The engine: Gemma 3 at the limit of the machine. Knows torch and the model's parts, nothing of the rest of Prelim.

`prompt.py` says what is asked, `layout.py` what may look at what, `cache.py` what is kept, `body.py` calls the model's
parts, `engine.py` names the stages, `decode.py` writes answers, `worker.py` serves many callers.
"""

from prelim.models.engine.decode import Guide, Row
from prelim.models.engine.engine import Engine, OutOfMemoryError, Sizes
from prelim.models.engine.prompt import Picture, Prompt
from prelim.models.engine.worker import BusyError, Call, LateError, Pool, Worker

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
