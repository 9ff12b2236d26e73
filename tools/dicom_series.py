"""DICOM files → series: the volumes of each series, films and clips, slides."""

from collections.abc import Sequence

from memory.artifacts import Artifacts
from prelim.errors import InputError, UnavailableError
from prelim.imaging.grouping import Source, group, kind_of
from prelim.imaging.series import Group, Measured, groups_in, make_series, measured, same_image
from prelim.imaging.slide_series import slide_series
from prelim.imaging.tags import text
from prelim.imaging.volumes import same_images
from prelim.isolation import call_each
from prelim.types import Refusal, Series
from tools.case_file import CaseFile


def refusal_of(error: InputError) -> Refusal:
    """A file that could not be read, with its error."""
    return Refusal(path=error.file or "", code=error.code, message=str(error))


def dicom_series(
    sources: Sequence[Source], stated: CaseFile, artifacts: Artifacts, refused: list[Refusal]
) -> list[Series]:
    """The series of a case's DICOM files; a file that cannot be decoded is added to `refused`, and the rest go on."""
    slides = [source for source in sources if kind_of(source.header) == "slide"]
    others = [source for source in sources if kind_of(source.header) != "slide"]
    return [*_stacked(others, artifacts, refused), *_slides(slides, stated, artifacts, refused)]


def _stacked(sources: Sequence[Source], artifacts: Artifacts, refused: list[Refusal]) -> list[Series]:
    """Everything but slides."""
    made: list[Series] = []
    groups: list[Group] = []
    taken: dict[str, str] = {}
    looked = dict(zip([source.path for source in sources], call_each(measured, sources), strict=True))
    for members in group(sources):
        kept, copies = _kept([looked[source.path] for source in members], taken, refused)
        issues = [f"Files that hold an image already taken: {copies}."] if copies else []
        number = sum(series.series_instance_uid == _uid_of(members) for series in made)
        found, series = _shown(kept, number, artifacts, refused)
        repeated = [_repeated(one, groups) for one in found]
        made += [
            one.model_copy(update={"issues": (*one.issues, *issues, *again)})
            for one, again in zip(series, repeated, strict=True)
        ]
        groups += found
    return made


def _uid_of(members: Sequence[Source]) -> str:
    return text(members[0].header, "SeriesInstanceUID")


def _shown(
    kept: Sequence[Measured], number: int, artifacts: Artifacts, refused: list[Refusal]
) -> tuple[list[Group], list[Series]]:
    """The groups of a series' files, as series from `number` on. A file that cannot be shown is refused alone."""
    while kept:
        found = groups_in(kept)
        try:
            return found, [make_series(one, number + at, artifacts.put) for at, one in enumerate(found)]
        except InputError as error:
            if error.file not in {one.source.path for one in kept}:
                raise
            refused.append(refusal_of(error))
            kept = [one for one in kept if one.source.path != error.file]
    return [], []


def _slides(sources: Sequence[Source], stated: CaseFile, artifacts: Artifacts, refused: list[Refusal]) -> list[Series]:
    """One series a slide; a slide that cannot be read is refused with all its files."""
    made: list[Series] = []
    waiting = group(sources)
    while waiting:
        members = waiting.pop(0)
        try:
            made.append(_slide(members, stated, artifacts))
        except (InputError, UnavailableError) as error:
            if len(members) > 1:  # files that make no slide together may each be one
                waiting = [[source] for source in members] + waiting
            else:
                path = members[0].path
                refused.append(Refusal(path=path, code=error.code, message=str(error)))
    return made


def _slide(members: Sequence[Source], stated: CaseFile, artifacts: Artifacts) -> Series:
    first = members[0]
    mpp = next((note.mpp for source in members if (note := stated.note(source.path)).mpp), None)
    return slide_series(first.path, [source.file for source in members], first.header, artifacts.put, mpp)


def _repeated(found: Group, earlier: Sequence[Group]) -> list[str]:
    """Whether another series holds the same volume, as an archive that keeps classic and enhanced files does."""
    same = [other for other in earlier if found.volume and other.volume and same_images(found.volume, other.volume)]
    uids = [text(other.places[0].file.source.header, "SeriesInstanceUID") for other in same]
    return [f"The same images as series …{uids[0][-12:]}."] if uids else []


def _kept(
    found: Sequence[Measured | InputError], taken: dict[str, str], refused: list[Refusal]
) -> tuple[list[Measured], int]:
    """The files of a group that could be decoded, and how many more held the same image.

    `taken` maps image UIDs to paths. Evidence names an image by its UID, so other pixels under a UID that is taken
    are refused.
    """
    own: dict[str, Measured] = {}
    copies = 0
    for one in found:
        if isinstance(one, InputError):
            refused.append(refusal_of(one))
            continue
        uid, path = text(one.source.header, "SOPInstanceUID"), one.source.path
        if uid in own and same_image(own[uid], one):
            copies += 1
        elif uid in taken:
            message = f"{path} carries the SOP Instance UID of {taken[uid]}. Export it again."
            refused.append(Refusal(path=path, code="uid_conflict", message=message))
        else:
            own[uid], taken[uid] = one, path
    return list(own.values()), copies
