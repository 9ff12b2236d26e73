"""A model's card: what it may be asked. What is not on it is declined, never guessed (design: idea 6)."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field

from prelim.imaging.naming import UNKNOWN_MODALITY
from prelim.imaging.selection import same_region
from prelim.types import Series, Value, digest_of

_PLURAL = {"SM": "slides", "US": "ultrasound", "XC": "photographs"}


class Scope(Value):
    """Images that a model may be asked about, and what of them. Without regions or views: any."""

    modalities: tuple[str, ...]
    regions: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    findings: tuple[str, ...] = ()
    tasks: tuple[str, ...]

    def views_of(self, series: Series) -> bool:
        """Whether the series' view is covered; one that is not stated may be."""
        return series.view is None or not self.views or series.view in self.views

    def region_of(self, series: Series) -> bool:
        """Whether the series' region is covered. A film whose region is not stated may be of it; else it must be."""
        if not self.regions or (not series.body_part and series.kind in ("projection", "other")):
            return True
        return any(same_region(series.body_part, region.upper()) for region in self.regions if series.body_part)


class Card(Value):
    """What a model may be asked: `scopes` about images, `tasks` without any.

    `image_provenance` "drawn_phantom": drawn films only; "any": real ones. `not_medical` is what every output of a
    model that is no medical model says, empty otherwise; `obtain` says how to get a model that may be asked
    more, of images of the modalities in `obtain_for` (none named: of any).
    `figures` are for people.
    """

    name: str
    revision: str
    scopes: tuple[Scope, ...]
    tasks: tuple[str, ...]
    image_provenance: Literal["drawn_phantom", "any"]
    not_medical: str = ""
    obtain: str = ""
    obtain_for: tuple[str, ...] = ()
    figures: dict[str, Any] = Field(default_factory=dict)

    @property
    def digest(self) -> str:
        """sha256 of the card's content."""
        return digest_of(self)

    def declines(self, task: str, series: Series | None = None, label: str | None = None) -> str | None:
        """Why a question may not be asked, in words; None where it may."""
        reason = self._reason(task, series, label)
        helps = series is None or not self.obtain_for or series.modality in self.obtain_for
        return f"{reason} {self.obtain if helps else ''}".strip() if reason else None

    def _reason(self, task: str, series: Series | None, label: str | None) -> str | None:
        scopes, reason = self._covering(series) if series else (self.scopes, None)
        if reason:
            return reason
        doing = [scope for scope in scopes if task in scope.tasks]
        if not doing and (series or task not in self.tasks):
            known = any(task in scope.tasks for scope in self.scopes)
            of = f" of {series.modality} images" if series and known else ""
            return f"The model {self.name} was not made for {task}{of}."
        if label is not None and not any(label in scope.findings for scope in doing):
            return f"Not among the findings that the model {self.name} was made for."
        return None

    def _covering(self, series: Series) -> tuple[Sequence[Scope], str | None]:
        """The scopes that an image falls under; why, where there are none."""
        if series.modality in UNKNOWN_MODALITY:
            said = f"The model {self.name} does not read images of unknown modality: case.yaml can say what it is."
            return (), said
        kind = [scope for scope in self.scopes if series.modality in scope.modalities]
        if not kind:
            return (), f"The model {self.name} does not read {_PLURAL.get(series.modality, series.modality)}."
        if self.image_provenance == "drawn_phantom" and series.provenance != "drawn_phantom":
            return (), f"The model {self.name} reads drawn phantoms only, and this is not one."
        seen = [scope for scope in kind if scope.views_of(series)]
        if not seen:
            return (), f"The model {self.name} does not read {series.view} views."
        placed = [scope for scope in seen if scope.region_of(series)]
        if placed:
            return placed, None
        if not series.body_part:
            kinds = f"{series.modality} images of unknown region: case.yaml can say what it is"
            return (), f"The model {self.name} does not read {kinds}."
        return (), f"The model {self.name} does not read images of the region {series.body_part}."


@cache
def read_card(path: Path) -> Card:
    """The card in a YAML file, read once a process: a case asks for it a dozen times."""
    return Card.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
