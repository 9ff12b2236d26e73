"""Bombs that hold or list others: zips and DICOMDIRs."""

import io
import struct
import zipfile

from tests.fuzz import hostile
from tests.fuzz.bomb import DAMAGED, PIXELS, Files, bomb
from tests.fuzz.hostile import ENDLESS, element, film, headed, item, nested
from tests.made_files import zipped

# ------------------------------------------------------------------ zips


@bomb("too_large", slow=True)
def a_zip_of_zeros() -> Files:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros.dcm", "w") as member:
        for _ in range(300):
            member.write(bytes(2**20))
    return {"a.zip": out.getvalue()}


@bomb("too_large", "unreadable")
def a_zip_whose_members_overlap() -> Files:
    return {"many.zip": hostile.overlapping(5000, 2**20), "few.zip": hostile.overlapping(3, 1000)}


@bomb("unsupported")
def zips_in_zips() -> Files:
    data = b"deep"
    for depth in range(30):
        data = zipped({f"{depth}.zip" if depth else "a.txt": data})
    return {"a.zip": data}


@bomb("too_large", slow=True)
def a_zip_of_many_members() -> Files:
    return {"a.zip": hostile.zip_of(*[(f"{n}.txt", b"") for n in range(20_000)], method=zipfile.ZIP_STORED)}


@bomb("unreadable")
def zips_that_lie_about_sizes() -> Files:
    data, size = zipped({"a.txt": bytes(50 * 2**20)}), struct.pack("<I", 50 * 2**20)
    claims = {name: struct.pack("<I", one) for name, one in (("less", 100), ("nothing", 0), ("more", 2**20))}
    return {f"{name}.zip": data.replace(size, claim) for name, claim in claims.items()}


@bomb("unsupported", "unreadable", slow=True)
def zips_of_packers_without_a_bound() -> Files:
    """A kilobyte of either becomes megabytes, whatever size it states."""
    made = {}
    for name, method in (("bz2", zipfile.ZIP_BZIP2), ("lzma", zipfile.ZIP_LZMA)):
        data = hostile.zip_of(("a.txt", bytes(200 * 2**20)), method=method)
        made[f"{name}.zip"] = data.replace(struct.pack("<I", 200 * 2**20), struct.pack("<I", 1000))
    return made


@bomb("read", "duplicate", "not_dicom", "no_text")
def zip_names_that_lead_out() -> Files:
    names = (
        "../../up.txt",
        "/etc/root.txt",
        "C:\\windows\\a.txt",
        "..\\..\\b.txt",
        "a\0b.txt",
        "x\ny\x1b[31m.txt",
        "\u202efdp.txt",
    )
    members = [(name, b"Seen today: " + str(n).encode()) for n, name in enumerate(names)]
    return {"a.zip": hostile.zip_of(*members, ("same.txt", b"One."), ("same.txt", b"Two."))}


@bomb("outside", "read")
def a_link_in_a_zip() -> Files:
    return {"a.zip": hostile.zip_of(("a.txt", b"/etc/passwd"), mode=0o120777), "n.txt": b"Seen today."}


@bomb("unreadable")
def zips_without_a_directory() -> Files:
    data = zipped({"a.txt": b"a" * 1000})
    return {
        "cut.zip": data[:-30],
        "head.zip": data[:40],
        "end.zip": b"PK\x03\x04" + data[data.index(b"PK\x05\x06") :] + bytes(65536),
    }


# ------------------------------------------------------------------ DICOMDIR


def listing(*names: bytes, endless: bool = False) -> bytes:
    """A DICOMDIR that names files, one a record."""
    records = b"".join(item(element(0x00041430, "CS", b"IMAGE ") + element(0x00041500, "CS", name)) for name in names)
    meta = element(0x00080016, "UI", b"1.2.840.10008.1.3.10")
    sequence = element(0x00041220, "SQ", records, ENDLESS if endless else None)
    return headed(meta + element(0x00041200, "UL", struct.pack("<I", 400)) + sequence)


HOSTILE_PATHS = (
    b"..\\..\\etc\\passwd",
    b"\\etc\\passwd",
    b"/etc/passwd",
    b"C:\\x",
    b"a/../../x",
    b"a\0b",
    b"X\x1b[31m\nY",
)


@bomb("outside", "missing", given="DICOMDIR")
def a_dicomdir_that_leads_out() -> Files:
    return {"DICOMDIR": listing(*HOSTILE_PATHS)}


@bomb("missing", "read")
def a_dicomdir_in_a_zip() -> Files:
    return {"a.zip": zipped({"DICOMDIR": listing(b"IM1", b"IM2", b"DICOMDIR"), "IM1": film(PIXELS)})}


@bomb("empty_case", given="DICOMDIR")
def a_dicomdir_that_lists_itself() -> Files:
    return {"DICOMDIR": listing(b"DICOMDIR", b"DICOMDIR")}


@bomb("too_large", "missing", slow=True)
def dicomdirs_of_many_files() -> Files:
    return {"DICOMDIR": listing(*[b"D%07d" % number for number in range(60_000)])}


@bomb("missing", slow=True)
def a_dicomdir_of_5000_files() -> Files:
    return {"DICOMDIR": listing(*[b"D%07d" % number for number in range(5000)])}


@bomb(DAMAGED, "missing", "unsupported", "empty_case")
def dicomdirs_that_are_none() -> Files:
    return {"DICOMDIR": listing(b"A", endless=True)[:-7], "dicomdir": film(PIXELS)}


@bomb("too_deep", "truncated")
def a_dicomdir_that_nests() -> Files:
    return {"DICOMDIR": headed(nested(3000) + listing(b"A")[200:])}
