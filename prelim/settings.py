"""One settings object, from `prelim.toml` in the data folder and `PRELIM_…` variables, built at the edge.

Precedence: arguments, environment, file, defaults. Nothing below the doors reads the environment.
"""

import json
import os
import shlex
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from prelim.errors import InputError

Weights = Literal["bf16", "int8", "int4"]


def _web_address(url: SecretStr) -> SecretStr:
    """The words of a refusal never quote it: a webhook's address is a secret itself."""
    try:
        parts = urlsplit(url.get_secret_value())
        _ = parts.port
    except ValueError:
        raise ValueError("cannot be read as an address") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be an http:// or https:// address")
    return url


def _words(value: Any) -> Any:
    """A command as a shell would cut it, or a JSON list; no shell ever sees it."""
    return _listed(value, shlex.split)


def _labels(value: Any) -> Any:
    """Labels with commas between, or a JSON list."""
    return _listed(value, lambda text: [label.strip() for label in text.split(",") if label.strip()])


def _listed(value: Any, cut: Any) -> Any:
    if not isinstance(value, str):
        return value
    return json.loads(value) if value.lstrip().startswith("[") else cut(value)


class Settings(BaseSettings):
    """Everything a user may set. Paths are absolute; units stand in the names."""

    model_config = SettingsConfigDict(env_prefix="PRELIM_", frozen=True, extra="forbid", hide_input_in_errors=True)

    home: Path = Path("~/.local/share/prelim")
    model: str = "phantom"
    medgemma: str | None = None
    """Folder of MedGemma's files; None: as recorded by `prelim model add medgemma PATH`."""
    served_key: SecretStr | None = None
    """What a model server is shown as its API key. Best as PRELIM_SERVED_KEY; never printed."""
    served_timeout_s: float = Field(default=120.0, gt=0)
    """How long one question to a model server may take."""
    served_at_once: int = Field(default=8, ge=1)
    """Questions under way at one model server."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int = 0
    """Torch threads; 0 leaves torch's own choice."""
    weights: Weights = "bf16"
    """The text layers' weights on this machine; int8 and int4 need a library that the README names."""
    cache_mib: int | None = Field(default=None, ge=0)
    """What the model keeps of prompts it has read; None: half of a GPU's free memory, 1,024 on a CPU."""
    deadline_s: float = Field(default=600, gt=0)
    """A question to the model that is not answered by then fails by name; its case can be resumed."""
    out_of_scope: bool = False
    """Ask a model what its card does not cover; every such answer is marked. For tests."""
    margin: float | None = Field(default=None, ge=0, lt=0.5)
    """Uncalibrated: a probability nearer than this to one half is uncertain. None: as the finding's table says."""
    mass: float = 0.5
    """Less probability than this on the offered choices is uncertain."""
    slide_order: Literal["question_last", "published"] = "question_last"
    """Where the question about a slide stands. MedGemma's published example puts it before the patches; last, the
    patches are read once for all questions."""
    critical_findings: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_labels)] = ()
    """Labels of findings that this site calls critical, beside those that the tables do."""
    alert_webhook: Annotated[SecretStr, AfterValidator(_web_address)] | None = None
    """Where the case id and urgency of a critical case are posted, as JSON. Never printed: it may hold a key."""
    alert_command: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    """What is run for a critical case, without a shell, with the same JSON on its standard input."""
    alert_timeout_s: float = Field(default=5.0, gt=0)
    """How long one try of an alert may take."""
    alert_tries: int = Field(default=4, ge=1)
    """How often an alert is tried before the draft warns that nobody was reached; `prelim resume` tries again."""
    second_read: bool = False
    """Hold a person's report of the current study, where the case has one, against what was found."""
    priors_limit: int = 5
    labs_months: int = 12
    """Results older than this before the case's study belong to its trends, not to the draft's table."""
    encoder: str = "minilm"
    """What ranks a history: the shipped all-MiniLM-L6-v2, or the folder of a sentence-transformers or BERT model."""
    medasr: str | None = None
    """Folder of MedASR's files; None: as recorded by `prelim model add medasr PATH`."""
    ocr_languages: str = "eng"
    """Tesseract's languages for scans, joined by "+", as far as they are installed."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments before environment before `prelim.toml`; no dotenv, no secrets folder."""
        home = init_settings().get("home") or os.environ.get("PRELIM_HOME") or cls.model_fields["home"].default
        file = TomlConfigSettingsSource(settings_cls, Path(home).expanduser() / "prelim.toml")
        return init_settings, env_settings, file

    @property
    def alerting(self) -> bool:
        """Whether this site asked for alerts, or calls findings critical itself."""
        return bool(self.alert_webhook or self.alert_command or self.critical_findings)

    def model_post_init(self, context: Any) -> None:
        """`~` is expanded once, here."""
        object.__setattr__(self, "home", self.home.expanduser().absolute())


def load_settings(**arguments: Any) -> Settings:
    """Settings with what is given and not None taking precedence. Raises InputError naming the bad setting."""
    try:
        return Settings(**{name: value for name, value in arguments.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InputError(
            "bad_setting", f"Setting '{name}': {first['msg']}.", "Mend prelim.toml or PRELIM_ variable."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            "bad_setting", f"prelim.toml is not TOML: {error}.", "Mend it or move it away.", "prelim.toml"
        ) from error
