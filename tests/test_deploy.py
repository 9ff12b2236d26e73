"""What `deploy/` says fits together and fits Prelim. None of it is started here."""

import re
from typing import Any

import pytest
import yaml

from prelim.models.served_address import address_of, is_served
from prelim.settings import Settings
from tests.conftest import ROOT

README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE)["services"]


def options(words: str) -> dict[str, str]:
    found = re.findall(r"--([\w-]+)[ =]('[^']*'|[^\s\\]+)", words)
    return {name: value.strip("'").replace(" ", "") for name, value in found if name != "model"}


def test_every_address_can_be_parsed() -> None:
    addresses = re.findall(r"'(served:[^']*)'", README + COMPOSE)
    assert len(addresses) >= 5
    assert all(is_served(address) and address_of(address).name for address in addresses)


def test_the_compose_file_starts_what_the_readme_says() -> None:
    [command] = re.findall(r"vllm serve .*?\n```", README, re.DOTALL)
    for service in SERVICES.values():
        assert options(" ".join(service["command"])) == options(command)


def test_each_server_has_its_own_port_and_gpu_and_is_in_the_address() -> None:
    [text] = re.findall(r"PRELIM_MODEL='([^']*)'", COMPOSE)
    ports = [service["ports"][0].split(":")[1] for service in SERVICES.values()]
    assert address_of(text).urls == tuple(f"http://127.0.0.1:{port}/v1" for port in ports)
    devices = [s["deploy"]["resources"]["reservations"]["devices"][0]["device_ids"][0] for s in SERVICES.values()]
    assert len(set(devices)) == len(SERVICES) == len(set(ports))


ROWS = re.findall(r"^\| `(served_\w+)`.* \| `(\w+)` \| (\w+) \|$", README, re.MULTILINE)


@pytest.mark.parametrize(("name", "variable", "default"), ROWS)
def test_the_settings_are_what_the_table_says(name: str, variable: str, default: str) -> None:
    value = Settings.model_fields[name].default
    assert (variable, default) == (f"PRELIM_{name.upper()}", "none" if value is None else f"{value:g}")


def test_the_table_has_every_setting_of_a_server() -> None:
    assert {row[0] for row in ROWS} == {name for name in Settings.model_fields if name.startswith("served_")}
