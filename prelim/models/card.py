"""A model's card: what it may be asked. What is not on it is declined, never guessed (design: idea 6)."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field

from prelim.imaging.naming import UNKNOWN_MODALITY
from prelim.imaging.selection import same_region
from prelim.types import Series, Value, digest_of


class Card(Value):
    """What a model may be asked. `image_provenance` "drawn_phantom": drawn films only; "any": real ones.

    `not_medical` is what every output of a model that is no medical model says, empty otherwise; `obtain` says how to
    get a model that may be asked more. `figures` are for people.
    """

    name: str
    revision: str
    modalities: tuple[str, ...]
    regions: tuple[str, ...]
    views: tuple[str, ...]
    findings: tuple[str, ...]
    tasks: tuple[str, ...]
    image_provenance: Literal["drawn_phantom", "any"]
    not_medical: str = ""
    obtain: str = ""
    figures: dict[str, Any] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """sha256 of the card's content."""
        return digest_of(self)

    def declines(self, task: str, series: Series | None = None, label: str | None = None) -> str | None:
        """Why a question may not be asked, in words; None where it may."""
        reason = self._task(task) or self._image(series) or self._label(label)
        return f"{reason} {self.obtain}".strip() if reason else None

    def _task(self, task: str) -> str | None:
        return None if task in self.tasks else f"The model {self.name} was not made for {task}."

    def _image(self, series: Series | None) -> str | None:
        if series is None:
            return None
        if series.modality in UNKNOWN_MODALITY:
            return f"The model {self.name} does not read images of unknown modality: case.yaml can say what it is."
        if self.image_provenance == "drawn_phantom" and series.provenance != "drawn_phantom":
            return f"The model {self.name} reads drawn phantoms only, and this is not one."
        if series.modality not in self.modalities:
            return f"The model {self.name} does not read {series.modality}."
        if series.view is not None and self.views and series.view not in self.views:
            return f"The model {self.name} does not read {series.view} views."
        if series.body_part and not any(same_region(series.body_part, region.upper()) for region in self.regions):
            return f"The model {self.name} does not read images of the region {series.body_part}."
        return None

    def _label(self, label: str | None) -> str | None:
        return None if label is None or label in self.findings else f"The model {self.name} was not made for {label}."


def read_card(path: Path) -> Card:
    """The card in a YAML file."""
    return Card.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
