"""A whole-slide image as a series: its size and magnification, and the patches of tissue that a model may be shown."""

from collections.abc import Callable, Sequence
from pathlib import Path

from prelim.imaging.files import SlidePlan, patches_of, slide_plan
from prelim.imaging.tags import Header, day, text
from prelim.types import Image, ImageSet, Series

_UM_IN_MM = 1000.0


def slide_series(
    name: str,
    files: Sequence[Path],
    header: Header,
    store: Callable[[bytes], str],
    mpp: float | None = None,
) -> Series:
    """The series of one slide, whose levels may lie in several files. Patches go into the store, one after the other.

    `header` is that of one of them, or what is known of a file without tags. InputError as `slide_plan`.
    """
    plan = slide_plan(name, files, mpp)
    across_um, down_um = plan.pixel_um
    return Series(
        study_instance_uid=text(header, "StudyInstanceUID"),
        series_instance_uid=text(header, "SeriesInstanceUID"),
        modality="SM",
        body_part=text(header, "BodyPartExamined").upper(),
        description=text(header, "SeriesDescription"),
        kind="slide",
        frames=1,
        shape=(1, plan.rows, plan.columns),
        spacing_mm=(None, down_um / _UM_IN_MM, across_um / _UM_IN_MM) if plan.stated else None,
        photometric="MONOCHROME2" if plan.grey else "RGB",
        value_range=(0.0, 255.0),
        date=day(header),
        time=text(header, "ContentTime") or None,
        issues=plan.issues,
        image_set=ImageSet(images=_patches(name, files, header, store, plan, mpp), total=plan.total),
    )


def _patches(
    name: str,
    files: Sequence[Path],
    header: Header,
    store: Callable[[bytes], str],
    plan: SlidePlan,
    mpp: float | None,
) -> tuple[Image, ...]:
    shown = patches_of(name, files, mpp, plan.regions)
    return tuple(
        Image(
            sop_instance_uid=text(header, "SOPInstanceUID"),
            frame=position,
            position=position,
            pixels_sha256=store(bytes(patch.pixels)),
            rows=patch.shape[0],
            columns=patch.shape[1],
            region_px=region,
            flaws=patch.flaws,
        )
        for position, (region, patch) in enumerate(zip(plan.regions, shown, strict=True))
    )
