"""Takes in files of the bank: each is read outside any transaction, then stored all or none, and the others go on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import partial

from app.db.unit_of_work import in_unit_of_work, rehearse
from app.documents.queries import find_document, read_content
from app.kernel.errors import BadInput
from app.payments import queries_bank as queries
from app.payments.queries_cash import get_line, list_same_payer
from app.payments.queries_csv import list_profiles
from app.payments.queries_gaps import list_gaps
from app.payments.queries_matched import list_new, list_stale
from app.payments.queries_returned import list_open_opposites, list_overtaken
from app.payments.rules_bank import LARGEST_FILE, Problem, find_unbookable, list_faults
from app.payments.services_bank import FileVerdict, HandedIn, StatementVerdict, clean_name, import_file
from app.payments.services_certain import Allocated, allocate_certain
from app.payments.services_proposing import propose_lines
from app.payments.services_refunds_paid import settle_refunds
from app.payments.statements.csv_profile import CsvProfile
from app.payments.statements.detect import read_bank_file
from app.payments.statements.model import BankFile, ProfileMissing

TOO_LARGE = Problem("The file is larger than 50 MB. Ask the bank for a shorter period.")
PROPOSED_AT_ONCE = 500
MOST_SAME = 50  # of a payer, looked at again at once; the rest waits for the job
PLACED_AT_ONCE = 20  # so that nobody waits long for the books
EMPTY = Problem("The file has no statement.")


def import_files(
    files: Iterable[tuple[str, bytes]], *, actor: str, now: datetime, today: date | None = None, dry_run: bool = False
) -> list[FileVerdict]:
    """What became of each (name, content), in their order; in a dry run, what would, whosever the accounts are."""
    verdicts, profiles, accounts = [], list_profiles(), queries.list_spellings()
    for name, content in files:
        file = read(name, content, profiles, accounts)
        if dry_run:
            verdicts.append(_look_at(file, partial(_import_and_look, file, actor=actor, now=now, today=today)))
        else:
            verdicts.append(_import(partial(import_file, file, actor=actor, now=now, today=today), now))
    if not dry_run:
        tell_gaps(verdicts)
    return verdicts


def tell_gaps(verdicts: Iterable[FileVerdict]) -> None:
    """What may be missing before these files, once all of them are in: in whatever order they were handed in."""
    for verdict in verdicts:
        if verdict.status == "imported" and verdict.file_id is not None:
            verdict.gaps = list_gaps(verdict.file_id)


def _import_and_look(file: HandedIn, *, actor: str, now: datetime, today: date | None) -> FileVerdict:
    """With what may be missing before it."""
    verdict = import_file(file, actor=actor, now=now, today=today)
    if verdict.status == "imported" and verdict.file_id is not None:
        verdict.gaps = list_gaps(verdict.file_id)
    return verdict


def match_lines(line_ids: Sequence[int], *, now: datetime) -> None:
    """Proposes where lines belong, then places what is certain. What a crash leaves, the next run of the job does.

    Whatever money of these lines was put on is offered to no other line any more.
    """
    refused: set[int] = set()
    for some in _cut(line_ids, PROPOSED_AT_ONCE):
        in_unit_of_work(partial(propose_lines, some, now=now))
        for few in _cut(some, PLACED_AT_ONCE):
            refused.update(in_unit_of_work(partial(_place, few, now)).refused)
    anew = sorted(refused | set(list_overtaken(line_ids, PROPOSED_AT_ONCE)))
    for some in _cut(anew, PROPOSED_AT_ONCE):
        in_unit_of_work(partial(propose_lines, some, now=now))


def _place(line_ids: Sequence[int], now: datetime) -> Allocated:
    settle_refunds(line_ids, now=now)
    return allocate_certain(line_ids, now=now)


def match_same_payer(line_id: int, *, now: datetime) -> list[int]:
    """A decision about a line says something about others, which are looked at again at once.

    Those from its account, those that take it back or that it takes back, and those that were offered what it was put
    on. Returns whatever may have changed, the other one of a pair too.
    """
    same = {*list_same_payer(line_id, MOST_SAME), *list_overtaken([line_id], MOST_SAME)}
    near = list_open_opposites([line_id])
    if same := same | near:
        match_lines(sorted(same), now=now)
    twin = get_line(line_id).paired_with
    return [*([twin] if twin else []), *sorted(near), *sorted(same - near)]


def look_again(line_id: int | None = None, *, now: datetime) -> None:
    """Proposes anew for this line, or for the newest lines, whose customer's books changed since it was proposed."""
    if stale := list_stale(now, MOST_SAME, line_id):
        in_unit_of_work(partial(propose_lines, stale, now=now))


def _cut(line_ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (line_ids[start : start + size] for start in range(0, len(line_ids), size))


def try_again(file_id: int, *, actor: str, now: datetime) -> FileVerdict:
    """A file that is kept once more, such as after its account or its CSV profile was added. Raises FileUnknown."""
    file = queries.get_file(file_id)
    document = find_document(queries.FILE_OWNER, file_id, queries.FILE_KIND)
    if document is None:
        raise queries.FileUnknown
    again = read(file.name, read_content(document), list_profiles(), queries.list_spellings())
    return _import(partial(import_file, again, actor=actor, now=now), now)


def read(
    name: str, content: bytes, profiles: Sequence[CsvProfile] = (), accounts: Mapping[str, str] | None = None
) -> HandedIn:
    """The file with what it says, or the reason why nobody can read it."""
    said = _read(name, content, profiles, accounts or {})
    return HandedIn(clean_name(name), hashlib.sha256(content).hexdigest(), len(content), content, said)


def _read(name: str, content: bytes, profiles: Sequence[CsvProfile], accounts: Mapping[str, str]) -> BankFile | Problem:
    if len(content) > LARGEST_FILE:
        return TOO_LARGE
    try:
        said = read_bank_file(content, name, profiles=profiles, accounts=accounts)
    except BadInput as refusal:
        return _problem(refusal)
    return (find_unbookable(said.statements) or said) if said.statements else EMPTY


def _problem(refusal: BadInput) -> Problem:
    others = tuple(_problem(one) for one in refusal.details.get("others", ()))
    return Problem(
        str(refusal), int(refusal.details.get("line") or 0), isinstance(refusal, ProfileMissing), others=others
    )


def _import(act: Callable[[], FileVerdict], now: datetime) -> FileVerdict:
    verdict = in_unit_of_work(act)
    if verdict.file_id is not None:
        match_lines(list_new(verdict.file_id), now=now)
    return verdict


def _look_at(file: HandedIn, act: Callable[[], FileVerdict]) -> FileVerdict:
    """As an import, and nothing stays. The file is judged by itself; what else an import waits for is said beside."""
    done = rehearse(act)
    if done.status != "quarantined" or isinstance(file.said, Problem):
        return done
    faults = [fault for statement in file.said.statements for fault in list_faults(statement)]
    statements = [StatementVerdict(one, one.account, new=len(one.booked)) for one in file.said.statements]
    others = [problem for problem in done.problems if problem not in faults]
    status = "quarantined" if faults else "imported"
    return FileVerdict(file.name, status, None, done.format, statements, faults, others)
