"""Options that several commands take."""

from typing import Annotated

import typer

Model = Annotated[str | None, typer.Option(help="phantom (default), medgemma, or served:URL#NAME")]
