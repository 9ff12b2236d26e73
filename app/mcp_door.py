"""The MCP server: one case or patient, named at start, asked by any program that speaks the Model Context Protocol.

Its tools are `ask` and the closed list of look-ups. None has an argument that names a patient, and none changes
anything. Specification: modelcontextprotocol.io.
"""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from agents.assistant import QUESTION_CHARS
from agents.look_ups import LOOK_UPS
from app.answers import as_words
from app.facade import Prelim
from prelim.answer import Answer
from prelim.errors import PrelimError
from prelim.types import Value

_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
_ASKED = Annotated[str, Field(description=f"A question in English, of at most {QUESTION_CHARS} characters")]


def server(prelim: Prelim, subject: str) -> MCPServer:
    """The server of one subject. Its words name it nowhere: a patient id is no text for a model."""

    def ask(question: _ASKED) -> Annotated[CallToolResult, Answer]:
        """Answer a question about the record: results, trends, reports, findings, problems, medications, images."""
        return _result(lambda: prelim.ask(subject, question))

    looks = (_tool(prelim, subject, name, arguments) for name, arguments in LOOK_UPS.items())
    return MCPServer(
        "prelim",
        title="Prelim",
        instructions=f"Answers questions about one patient's record, with sources. Read only. {prelim.notice}",
        log_level="ERROR",
        tools=[_strict(Tool.from_function(function, annotations=_READS)) for function in (ask, *looks)],
    )


def _strict(tool: Tool) -> Tool:
    """A tool that refuses what it has no argument for: `patient` left unread would look as if it had been heeded."""
    base: Any = tool.fn_metadata.arg_model
    arguments: Any = type(base.__name__, (base,), {"model_config": {"extra": "forbid"}, "__module__": __name__})
    tool.fn_metadata.arg_model = arguments
    return tool.model_copy(update={"parameters": arguments.model_json_schema(by_alias=True)})


def _tool(prelim: Prelim, subject: str, name: str, arguments: type[Value]) -> Callable[..., Any]:
    """A look-up as a function whose signature is the look-up's arguments."""

    def call(**given: Any) -> Any:
        return _result(lambda: prelim.look_up(subject, name, **given))

    parameters = [
        inspect.Parameter(
            field_name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=Annotated[field.annotation, Field(description=field.description)],
            default=inspect.Parameter.empty if field.is_required() else field.default,
        )
        for field_name, field in arguments.model_fields.items()
    ]
    returns = Annotated[CallToolResult, Answer]
    call.__signature__ = inspect.Signature(parameters, return_annotation=returns)  # type: ignore[attr-defined]
    call.__annotations__ = {one.name: one.annotation for one in parameters} | {"return": returns}
    call.__doc__, call.__name__ = inspect.getdoc(arguments), name
    return call


def _result(answering: Callable[[], Answer]) -> CallToolResult:
    """The answer as words and as data. ToolError with the named error's words."""
    try:
        answer = answering()
    except PrelimError as error:
        raise ToolError(f"{error.code}: {error}") from error
    words = TextContent(type="text", text=as_words(answer))
    return CallToolResult(content=[words], structured_content=answer.model_dump(mode="json"))
