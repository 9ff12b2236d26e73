"""Questions at the command line: one, or a conversation; and the servers that take them from other programs."""

import secrets
from typing import TYPE_CHECKING, Annotated

import typer

from app import output
from app.answers import Numbers, as_words
from app.options import Model
from prelim.answer import Answer
from prelim.errors import InputError

if TYPE_CHECKING:
    from app.facade import Prelim


def ask(
    subject: Annotated[str, typer.Argument(help="A case id or a patient id: it alone is asked about.")],
    question: Annotated[str | None, typer.Argument(help="The question; without one a conversation begins.")] = None,
    thread: Annotated[str | None, typer.Option(help="Go on with this conversation.")] = None,
    stream: Annotated[bool, typer.Option("--stream", help="Each statement as it is known; JSON lines.")] = False,
    model: Model = None,
) -> None:
    """Ask about a case or a patient. Every statement names its source; nothing is changed."""
    from app.facade import Prelim

    prelim = Prelim(model=model)
    if question is None:
        _converse(prelim, subject, thread or secrets.token_hex(8))
    elif stream:
        _stream(prelim, subject, question, thread)
    else:
        answer = prelim.ask(subject, question, thread)
        output.show(answer, as_words(answer))


def _stream(prelim: "Prelim", subject: str, question: str, thread: str | None) -> None:
    """Statements as they come; then, in words, their sources, or in JSON the whole answer."""
    numbers = Numbers()
    for said in prelim.ask_stream(subject, question, thread):
        if output.as_json:
            print(said.model_dump_json(), flush=True)
        elif isinstance(said, Answer):
            print(f"\n{numbers.rest(said)}" if numbers.said else numbers.rest(said), flush=True)
        else:
            print(numbers.marked(said), flush=True)


def _converse(prelim: "Prelim", subject: str, thread: str) -> None:
    """A conversation at the terminal. What was typed is kept by the terminal's own history, and in no file."""
    import readline  # noqa: F401  what `input` edits lines and recalls them with

    output.say(f"Ask; an empty line, /quit or Ctrl-D ends. {prelim.notice}")
    while question := _typed():
        try:
            answer = prelim.ask(subject, question, thread)
        except InputError as error:  # a question that cannot be read: the next one may
            output.say(f"prelim: {error.code}: {error}")
            continue
        if output.as_json:
            print(answer.model_dump_json(), flush=True)
        else:
            print(f"{as_words(answer.model_copy(update={'notice': ''}))}\n", flush=True)
    output.say(f"`prelim ask SUBJECT --thread {thread}` goes on.")


def _typed() -> str:
    """The next question; empty at the end of the input."""
    try:
        typed = input("? " if not output.as_json else "").strip()
    except (EOFError, KeyboardInterrupt):
        output.say("")
        return ""
    return "" if typed.lower() in ("/quit", "/exit", "quit", "exit") else typed


def mcp(
    patient: Annotated[str | None, typer.Option(help="The patient that is asked about.")] = None,
    case: Annotated[str | None, typer.Option(help="The case that is asked about.")] = None,
    http: Annotated[
        bool, typer.Option("--http", help="Streamable HTTP in place of standard input and output.")
    ] = False,
    host: Annotated[str, typer.Option(help="Of --http: the address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Of --http: the port; 0 takes a free one.")] = 8742,
    model: Model = None,
) -> None:
    """Serve one case or patient to programs that speak the Model Context Protocol; read only."""
    if (patient is None) == (case is None):
        raise InputError("usage", "One subject is served.", "Give --patient ID or --case ID.")
    from app.facade import Prelim
    from app.mcp_door import server

    prelim, subject = Prelim(model=model), case or patient or ""
    if case:
        prelim.show(case)  # an unknown case is named before anything is served
    made = server(prelim, subject)
    if not http:
        made.run("stdio")
        return
    from app.listening import listen

    listen(made.streamable_http_app(host=host, stateless_http=True, json_response=True), host, port, "/mcp")


def serve(
    host: Annotated[str, typer.Option(help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.")] = 8741,
    model: Model = None,
) -> None:
    """Serve questions to chat programs that speak OpenAI's chat completions; read only, behind a token."""
    from app.facade import Prelim
    from app.listening import listen
    from app.openai_door import application

    listen(application(Prelim(model=model)), host, port, "/v1")


def register(app: typer.Typer) -> None:
    """Hang these commands under `prelim`."""
    app.command()(ask)
    app.command()(mcp)
    app.command()(serve)
