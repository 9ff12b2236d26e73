"""A second read on its own: a person's report against a case, which is drafted first where it is a folder."""

from pathlib import Path

from agents.second_looks import Report
from agents.second_read import second_read
from graphs.review import Desk
from prelim.facts import SecondRead
from tools.alone import report_files
from tools.intake import Manifest
from tools.tool import open_context


def read_again(desk: Desk, report: Path, case: str) -> SecondRead:
    """Where the report differs from the case. Nothing of the report is kept with the case.

    `case` is a case id or a case folder. RefusedError patient_mismatch where the report is about somebody else;
    InputError: not_drafted, unknown_case, or what is wrong with the report.
    """
    known = desk.cases.get(case) is not None or not Path(case).exists()
    case_id = case if known else desk.run(desk.open(Path(case))).case_id
    row, draft, context = desk.row(case_id), desk.show(case_id), open_context(desk.settings)
    manifest = Manifest.model_validate(context.artifacts.get_json(row.options["manifest_sha256"]))
    taken = report_files(context, report, manifest, row.patient_key)
    texts = [Report(one, context.artifacts.get(one.text_sha256).decode()) for one in taken.documents]
    found = second_read(texts, draft)
    whose = [text for text in taken.warnings if "temporary patient" not in text]
    return found.model_copy(update={"warnings": (*found.warnings, *whose)})
