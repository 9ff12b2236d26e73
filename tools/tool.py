"""What makes a typed function a tool: memoised by content, callable from the graph, a command, LangChain.

A tool is a pure function `(context, *, inputs…) -> Value`. Declare it with `@tool(...)`; its result is stored under
a key of everything it depends on, so a crash, an edit or a second look costs nothing (design: idea 1).
"""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar, get_type_hints

from langchain_core.tools import StructuredTool
from pydantic import TypeAdapter, ValidationError, create_model

from memory.artifacts import Artifacts
from memory.history import History
from memory.pseudonym import patient_key
from memory.results import Results
from prelim.code import room_digest
from prelim.errors import UnavailableError
from prelim.models.calibration import Calibration, read_calibration
from prelim.models.embeddings import Encoder
from prelim.models.interface import ChatModel
from prelim.models.loading import identify, open_model
from prelim.settings import Settings
from prelim.types import ModelIdentity, Value, digest_of

Result = TypeVar("Result", bound=Value)


class Taken(Value):
    """Which stored result a call of a tool got: the key it lies under, and the digest of its JSON."""

    tool: str
    key: str
    value_sha256: str


@dataclass
class Context:
    """What tools work with. `identity` is known without loading the model, `model` is loaded on first use.

    `open_calibration` gives what this site has measured of its models. `taken` notes which results were got, by call (a
    digest of the tool and its inputs). `recorded` are those that an earlier draft got: the same calls take the same
    results again, whatever has changed since (graphs/replay.py).
    """

    settings: Settings
    artifacts: Artifacts
    results: Results
    history: History
    identity: ModelIdentity
    open_model: Callable[[], ChatModel]
    progress: Callable[[str], None] = field(default=lambda text: None)
    open_calibration: Callable[[], Calibration] = Calibration
    recorded: Mapping[str, Taken] = field(default_factory=dict)
    taken: dict[str, Taken] = field(default_factory=dict)
    _opening: Lock = field(default_factory=Lock, init=False)
    _model: ChatModel | None = field(default=None, init=False)

    @property
    def model(self) -> ChatModel:
        """The chat model, verified and loaded once, whichever branch asks first."""
        with self._opening:
            if self._model is None:
                self._model = self.open_model()
            return self._model

    def leave(self) -> None:
        """The case is through: the model need not keep its images any longer."""
        if self._model is not None:
            self._model.leave()

    @cached_property
    def calibration(self) -> Calibration:
        """The model's entries of the site's calibration, read on first use. InputError `bad_calibration`."""
        return self.open_calibration().of_model(self.identity.digest)

    def apart(self) -> "Context":
        """The same context, whose `taken` are noted apart from this one's."""
        return replace(self, taken={}, open_model=lambda: self.model, open_calibration=lambda: self.calibration)

    def key_of(self, patient_id: str) -> str:
        """The patient_key of a patient id in this home."""
        return patient_key(self.settings.home, patient_id)


def open_context(settings: Settings, progress: Callable[[str], None] = lambda text: None, case_id: str = "") -> Context:
    """The context of one home: its stores, and the model that the settings name (identified, not yet loaded).

    Cases that ask the model at the same time are served in turn, by their ids.
    """
    home = settings.home
    return Context(
        settings=settings,
        artifacts=Artifacts(home / "artifacts"),
        results=Results(home / "results.db"),
        history=History(home / "history.db", home / "index", Encoder(settings.encoder)),
        identity=identify(settings),
        open_model=lambda: open_model(settings).for_case(case_id),
        progress=progress,
        open_calibration=lambda: read_calibration(home),
    )


@dataclass(frozen=True)
class Tool(Generic[Result]):
    """A declared tool. `reads` names the settings its result depends on; `calibrated`: on the calibration too."""

    function: Callable[..., Result]
    reads: tuple[str, ...]
    asks_model: bool
    revision_of: Callable[..., str] | None
    calibrated: bool = False

    @property
    def name(self) -> str:
        return self.function.__name__

    def __call__(self, context: Context, **inputs: Any) -> Result:
        """The stored result for these inputs, or a fresh one, stored. UnavailableError `result_unreadable`."""
        call = digest_of([self.name, inputs])
        held = context.recorded.get(call)
        key = held.key if held else self.key(context, inputs)
        returns = TypeAdapter[Result](get_type_hints(self.function)["return"])
        stored = context.results.get(key)
        if stored is None:
            result = self.function(context.apart(), **inputs)
            stored = returns.dump_python(result, mode="json")
            context.results.put(key, self.name, stored)
        else:
            result = self._read(returns, stored)
        context.taken[call] = Taken(tool=self.name, key=key, value_sha256=digest_of(stored))
        return result

    def _read(self, returns: TypeAdapter[Result], stored: Any) -> Result:
        try:
            return returns.validate_python(stored)
        except ValidationError as error:
            message = f"A stored result of {self.name} cannot be read by this version."
            remedy = "`prelim replay CASE --recompute` asks again."
            raise UnavailableError("result_unreadable", message, remedy, "results.db") from error

    def key(self, context: Context, inputs: dict[str, Any]) -> str:
        """Digest of tool, code, prompts, model, dtype, calibration, settings, inputs, and the revision it names."""
        return digest_of(
            {
                "tool": self.name,
                "code": _code_digest(inspect.getfile(self.function)),
                "model": _model(context) if self.asks_model else None,
                "calibration": context.calibration.digest if self.calibrated else None,
                "settings": {name: getattr(context.settings, name) for name in self.reads},
                "inputs": inputs,
                "revision": self.revision_of(context, **inputs) if self.revision_of else None,
            }
        )

    def as_langchain(self, context: Context) -> StructuredTool:
        """The same tool for LangChain callers; its schema is the function's own signature without the context."""

        def run(**inputs: Any) -> dict[str, Any]:
            return self(context, **inputs).model_dump(mode="json")

        hints = get_type_hints(self.function)
        inputs = [given for name, given in inspect.signature(self.function).parameters.items() if name != "context"]
        fields: dict[str, Any] = {
            given.name: (hints[given.name], ... if given.default is given.empty else given.default) for given in inputs
        }
        schema = create_model(self.name, **fields)
        return StructuredTool.from_function(
            run, name=self.name, description=inspect.getdoc(self.function), args_schema=schema
        )


def tool(
    *,
    reads: tuple[str, ...] = (),
    asks_model: bool = True,
    revision_of: Callable[..., str] | None = None,
    calibrated: bool = False,
) -> Callable[[Callable[..., Result]], Tool[Result]]:
    """Declare a tool. `revision_of(context, **inputs)` names outside state that the result also depends on."""
    return lambda function: Tool(function, reads, asks_model, revision_of, calibrated)


def _model(context: Context) -> list[str]:
    """Which model, and what its numbers are: the device decides the dtype (prelim/models/loading.py)."""
    return [context.identity.digest, context.settings.device, context.settings.weights]


@cache
def _code_digest(file: str) -> str:
    """sha256 over the tool's module, the tools beside it, and what they stand on: code, prompts and tables."""
    own = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    return digest_of([own, *(room_digest(room) for room in ("tools", "memory", "prelim"))])
