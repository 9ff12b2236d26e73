"""The house: rooms, packages, pins, and that what the documents say is there."""

import ast
import importlib.metadata
import importlib.util
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from typer.main import get_command

from app import cli, cli_admin
from prelim import knowledge, prompts
from prelim.knowledge import labs
from prelim.models.chat import ChatMedGemma
from tests.conftest import ROOT

ROOMS = ("app", "graphs", "agents", "tools", "memory", "prelim")
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "deploy/README.md", "docs/evaluation.md", "docs/what-the-model-sees.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
_NAME = re.compile(r"[\w.-]+")


def files(*suffixes: str) -> Iterator[Path]:
    """The rooms' files, relative to the root."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts and (not suffixes or path.suffix in suffixes):
                yield path.relative_to(ROOT)


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


# ------------------------------------------------------------------ rooms and packages


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_the_repositorys_own(room: str) -> None:
    """`tools`, `memory`, `app` are common names: another package of that name must not stand before ours."""
    found = importlib.util.find_spec(room)
    assert found and found.origin and Path(found.origin).resolve() == ROOT / room / "__init__.py"


def test_no_file_is_called_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "base", "manager"}
    assert not [path for path in files(".py") if path.stem in vague or path.stem.endswith(("_utils", "_manager"))]


def test_every_package_and_data_file_is_installed() -> None:
    """setuptools takes what is listed; what is forgotten is missing only once it is installed."""
    listed, data = PROJECT["tool"]["setuptools"]["packages"], PROJECT["tool"]["setuptools"]["package-data"]
    packages = {".".join(path.parent.parts) for path in files(".py")}
    assert set(listed) == packages
    assert all((ROOT / Path(*name.split(".")) / "__init__.py").is_file() for name in packages)
    for path in (path for path in files() if path.suffix != ".py"):
        owner = next(parent for parent in path.parents if ".".join(parent.parts) in packages)
        patterns = data.get(".".join(owner.parts), [])
        assert any(fnmatch(path.relative_to(owner).as_posix(), pattern) for pattern in patterns), path


def test_prompts_and_tables_load() -> None:
    """Every wording is there and renders with fields of its own."""
    for path in files(".yaml"):
        if path.parent.name == "prompts":
            wordings = prompts._load(path.stem)
            for key, text in wordings.items():
                fields = {field: "x" for field in re.findall(r"(?<!{){(\w+)}(?!})", text)}
                assert prompts.render(path.stem, key, **fields)
    assert {"lung_opacity", "pleural_effusion", "cardiomegaly"} <= set(knowledge.table("chest_xray").findings)
    assert labs.__doc__


# ------------------------------------------------------------------ pins


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(tuple(line.split("==", 1)) for line in lines)  # type: ignore[misc]


def test_everything_asked_for_is_pinned() -> None:
    """Exact versions that any index can meet: no local version, nothing of CUDA, no torchvision."""
    names = {normal(name) for name in pins()}
    extras = PROJECT["project"]["optional-dependencies"]
    named = [line for extra in ("dev", "quantized", "slides", "tables") for line in extras[extra]]
    asked = [*PROJECT["project"]["dependencies"], *named]
    assert {normal(_NAME.match(line)[0]) for line in asked} <= names | {"setuptools", "prelim"}  # type: ignore[index]
    assert not [name for name in names if name == "torchvision" or name.startswith(("nvidia", "cuda", "triton"))]
    assert all(re.fullmatch(r"[\d.]+(post\d+|rc\d+|b\d+)?", version) for version in pins().values())


def test_everything_imported_is_asked_for() -> None:
    """No room stands on a package that only another one brings."""
    distributions = importlib.metadata.packages_distributions()
    extras = PROJECT["project"]["optional-dependencies"]  # imported where they are asked for
    optional = [*extras["drawing"], *extras["quantized"], *extras["slides"], *extras["tables"]]
    asked = {normal(_NAME.match(line)[0]) for line in [*PROJECT["project"]["dependencies"], *optional]}  # type: ignore[index]
    missing = {}
    for path in files(".py"):
        for name in imported(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if name not in ROOMS and name not in sys.stdlib_module_names:
                owners = {normal(owner) for owner in distributions.get(name, [name])}
                if not owners & asked:
                    missing[name] = path.as_posix()
    assert not missing


def imported(tree: ast.Module) -> set[str]:
    """The top names of all that a module imports."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


# ------------------------------------------------------------------ documents


def text_of(document: str) -> str:
    return (ROOT / document).read_text(encoding="utf-8")


def commands() -> set[str]:
    """The words of every `prelim` command, its group's name before it."""
    root = cli.app
    if not any(group.name == "audit" for group in root.registered_groups):
        cli_admin.register(root)
    names: set[str] = set()
    for name, command in get_command(root).commands.items():  # type: ignore[attr-defined]
        names.add(name)
        names |= {f"{name} {inner}" for inner in getattr(command, "commands", {})}
    return names


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_commands_of_the_documents_exist(document: str) -> None:
    """Every `make …` and `prelim …` in code."""
    code = "\n".join(
        re.findall(r"```sh\n(.*?)```", text_of(document), re.S) + re.findall(r"`([^`\n]+)`", text_of(document))
    )
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.M))
    assert set(re.findall(r"^make ([a-z]+)", code, re.M)) <= targets
    known = commands()
    for words, choice in re.findall(
        r"^(?:\.venv/bin/)?prelim ((?:tool |history |model |audit )?)([a-z|-]+)", code, re.M
    ):
        assert {words + name for name in choice.split("|")} <= known


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_the_documents_point_at_exists(document: str) -> None:
    links = re.findall(r"\]\(([^):#]+)\)", text_of(document))
    named = re.findall(r"`((?:app|graphs|agents|tools|memory|prelim|examples)/[\w./-]*)`", text_of(document))
    assert not [path for path in links if not (ROOT / document).parent.joinpath(path).exists()]
    assert not [path for path in named if not (ROOT / path).exists()]


def test_the_readmes_python_runs(
    home: Path, model: ChatMedGemma, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.tool.open_model", lambda settings: model)
    monkeypatch.setenv("PRELIM_HOME", str(home))
    monkeypatch.chdir(ROOT)
    blocks = re.findall(r"```python\n(.*?)```", text_of("README.md"), re.S)
    assert blocks
    for block in (one for one in blocks if "openai" not in one):  # that one is run in tests/app/test_openai_door.py
        exec(compile(block, "README.md", "exec"), {})
    assert "Right lung opacity" in capsys.readouterr().out


@pytest.mark.parametrize("graph", ["case", "chat"])
def test_langgraph_json_names_a_graph(graph: str) -> None:
    place = json.loads(text_of("langgraph.json"))["graphs"][graph]
    file, name = place.split(":")
    tree = ast.parse(text_of(file))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
