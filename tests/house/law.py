"""The house law as plain functions over source text: each returns the sentences of what is broken, with file and line.

They take `Source` objects, so that the tests of the law can plant a violation without touching a file.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

WINGS = (
    "kernel", "db", "audit", "documents", "outbox", "web", "auth", "company", "customers", "ledger", "deals",
    "orders", "tasks", "invoices", "payments", "followup", "reports", "desk",
)  # fmt: skip
FLOORS = ("rules", "models", "queries", "services", "forms", "views")

# Pure parts that are folders of their own, besides every module or package named rules*
PURE_PLACES = ("app.kernel", "app.invoices.einvoice", "app.payments.statements")
# What pure code may take from outside the standard library, and why
PURE_EXTRAS: Mapping[str, frozenset[str]] = {
    "app.kernel.business_calendar": frozenset({"holidays"}),  # a table of public holidays, no input or output
    "app.kernel.tables": frozenset({"python_calamine"}),  # reads a spreadsheet's bytes
    "app.payments.rules_spellings": frozenset({"anyascii"}),  # a table of letters
}

# Ends or begins transactions although it stands below the rim, and why
MAY_COMMIT: Mapping[str, str] = {
    "app.db.unit_of_work": "is the unit of work",
    "app.auth.store": "gives the accounts library's own views a unit of work",
    "app.auth.forms": "counts an attempt to sign in even when it is refused",
    "app.auth.accounts": "ends the session when the accounts library signs somebody out",
    "app.auth.identity": "keeps when a session was last seen, after the page",
    "app.customers.intake": "a dry run, or a file with a bad row, leaves nothing behind",
    "app.deals.intake": "a dry run, or a file with a bad row, leaves nothing behind",
    "app.outbox.delivery": "commits between the steps of SMTP, or a crash could not be told from a success",
    "app.payments.bank_files": "one unit of work per file, so that a refused file does not undo the others",
    "app.followup.batch": "one unit of work per customer, so that one refusal does not undo the others",
    "app.invoices.batch": "one unit of work per draft, so that a refusal or a crash does not undo the others",
    "app.documents.children": "ends its caller's read before the slow rendering",
    "app.invoices.pdf": "ends its read before the slow rendering",
    "app.invoices.documents": "stores what was rendered outside any transaction, for views and commands alike",
    "app.web.export": "ends its read between chunks, because an open read makes others wait",
    "app.db.schema": "creates the schema in a transaction of its own",
    "app.db.upgrade": "changes the schema in a transaction of its own",
}

MAY_READ_CLOCK = "app.kernel.clock"
# Below the roof: where the present instant enters a request
MAY_ASK_CLOCK = ("app.web.filters",)
# Stopwatches: they measure and never decide what a date is
MAY_MEASURE: Mapping[str, str] = {
    "app.web.requests": "how long a request took, for the log",
    "app.documents.children": "the time limits of a rendering and of a check",
    "app.outbox.smtp": "the time limits of a conversation",
    "app.outbox.delivery": "how long a lease lasts",
    "app.worker": "how long to wait for the next round",
}

MAY_COMPOSE_SQL: Mapping[str, str] = {
    "app.db.schema": "runs the triggers' own text",
    "app.db.upgrade": "names of our own triggers, read from the database's catalogue",
    "app.verify.invariant": "runs the invariants' own text, which takes parameters by name",
    "app.verify.storage": "one of two literal queries of the database's catalogue",
}

# Sends or fetches something over a network, and why
MAY_TALK: Mapping[str, str] = {"app.outbox.smtp": "delivers mail"}
NETWORK = {"requests", "httpx", "urllib.request", "http.client", "smtplib", "socket", "ftplib", "aiohttp", "urllib3"}

HIDING_WORDS = {"process", "handle", "helper", "helpers", "util", "utils", "misc", "data2"}
# Names that libraries call, and one that means what it says
PLAIN_NAMES = {
    "process_formdata", "process_bind_param", "process_result_value", "process_data", "process_response",
    "RenderingProcess", "process_ids",
}  # fmt: skip


@dataclass(frozen=True)
class Source:
    """One module: its dotted name and its text."""

    module: str
    text: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.module)

    @property
    def parts(self) -> list[str]:
        return self.module.split(".")

    @property
    def wing(self) -> str:
        """The wing it belongs to; empty for the roof."""
        return self.parts[1] if len(self.parts) > 1 and self.parts[1] in WINGS else ""

    @property
    def floor(self) -> int | None:
        """Its place among the floors by its name (`rules_code` is a rules module), None for other names."""
        name = self.parts[2] if len(self.parts) > 2 else ""
        return next((height for height, floor in enumerate(FLOORS) if re.fullmatch(rf"{floor}(_\w+)?", name)), None)

    @property
    def is_pure(self) -> bool:
        in_place = any(self.module == place or self.module.startswith(place + ".") for place in PURE_PLACES)
        return in_place or self.floor == 0


@dataclass(frozen=True)
class Import:
    """`module` as it is written absolutely; `name` what is taken from it, empty for a plain import."""

    line: int
    module: str
    name: str = ""


def read_sources(folder: Path = ROOT / "app") -> list[Source]:
    """Every module of the application."""
    sources = []
    for path in sorted(folder.rglob("*.py")):
        parts = list(path.relative_to(folder.parent).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        sources.append(Source(".".join(parts[:-1] if is_package else parts), path.read_text("utf-8"), is_package))
    return sources


def list_imports(source: Source) -> Iterator[Import]:
    """Every import, wherever it stands (in functions and for types too); relative ones made absolute."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (Import(node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            yield from (Import(node.lineno, base, alias.name) for alias in node.names)


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    here = source.parts if source.is_package else source.parts[:-1]
    kept = here[: len(here) - (node.level - 1)]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _targets(source: Source, known: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The modules of ours that it imports, each as deep as it is known: `from app.auth import guards` is guards."""
    modules = set(known)
    for found in list_imports(source):
        deeper = f"{found.module}.{found.name}"
        if found.name and deeper in modules:
            yield found.line, deeper
        elif found.module == "app" or found.module.startswith("app."):
            yield found.line, found.module


# --- the laws -------------------------------------------------------------------------------------------------------


def wings_know_only_the_left(sources: list[Source]) -> list[str]:
    """No import to the right, and none of the roof."""
    broken = []
    names = [source.module for source in sources]
    for source in sources:
        if not source.wing:
            continue
        for line, target in _targets(source, names):
            wing = target.split(".")[1] if "." in target else ""
            if wing not in WINGS:
                broken.append(f"{source.module}:{line} imports the roof ({target})")
            elif WINGS.index(wing) > WINGS.index(source.wing):
                broken.append(f"{source.module}:{line} imports {target}, which stands to its right")
    return broken


def floors_know_only_below(sources: list[Source]) -> list[str]:
    """Within a wing no import upward. A module without a floor's name is as high as the highest it imports."""
    by_name = {source.module: source for source in sources}
    broken = []
    for source in sources:
        own = source.floor
        if not source.wing or own is None:
            continue
        for line, target in _targets(source, by_name):
            height = _height(target, source.wing, by_name, set())
            if target.split(".")[:2] == source.parts[:2] and height > own:
                broken.append(f"{source.module}:{line} imports {target}, which is on the floor of {FLOORS[height]}")
    return broken


def _height(module: str, wing: str, by_name: Mapping[str, Source], seen: set[str]) -> int:
    source = by_name.get(module)
    if source is None or source.wing != wing or module in seen:
        return 0
    if source.floor is not None:
        return source.floor
    seen.add(module)
    return max((_height(target, wing, by_name, seen) for _, target in _targets(source, by_name)), default=0)


def pure_floors_stay_pure(sources: list[Source]) -> list[str]:
    """Rules, the kernel, e-invoices and statements import the standard library, the kernel and other pure code only."""
    by_name = {source.module: source for source in sources}
    broken = []
    for source in sources:
        if not source.is_pure:
            continue
        allowed = sys.stdlib_module_names | PURE_EXTRAS.get(source.module, frozenset())
        for found in list_imports(source):
            top = found.module.split(".")[0]
            if top != "app" and top not in allowed:
                broken.append(f"{source.module}:{found.line} imports {found.module}, which is not pure")
        for line, target in _targets(source, by_name):
            if not (target in by_name and by_name[target].is_pure):
                broken.append(f"{source.module}:{line} imports {target}, which is not pure")
    return broken


CLOCK_CALLS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime", "time.ctime", "time.strftime", "func.now", "func.current_timestamp", "func.current_date",
}  # fmt: skip
STOPWATCHES = {"time.monotonic", "time.perf_counter", "time.monotonic_ns", "time.perf_counter_ns", "time.process_time"}


def nobody_reads_the_clock(sources: list[Source]) -> list[str]:
    """The clock is read in one module; its `now` is asked for on the roof, in views and where a request begins."""
    broken = []
    for source in sources:
        if source.module == MAY_READ_CLOCK:
            continue
        for line, name in _dotted_names(source):
            tail = ".".join(name.split(".")[-2:])
            if tail in CLOCK_CALLS:
                broken.append(f"{source.module}:{line} reads the clock ({name})")
            elif tail in STOPWATCHES and source.module not in MAY_MEASURE:
                broken.append(f"{source.module}:{line} holds a stopwatch ({name}) without being named for it")
            elif tail == "clock.now" and not _may_ask_clock(source):
                broken.append(f"{source.module}:{line} asks the clock: take `now` as an argument")
    return broken


def _may_ask_clock(source: Source) -> bool:
    return not source.wing or source.floor == FLOORS.index("views") or source.module in MAY_ASK_CLOCK


def _dotted_names(source: Source) -> Iterator[tuple[int, str]]:
    """Every `a.b` that is used, and every `b` imported from a module, as dotted text."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and (name := _dotted(node)):
            yield node.lineno, name
    for found in list_imports(source):
        if found.name:
            yield found.line, f"{found.module}.{found.name}"


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value)
        return f"{base}.{node.attr}" if base else ""
    return node.id if isinstance(node, ast.Name) else ""


TRANSACTION_WORDS = {"commit", "rollback", "begin"}  # a savepoint (begin_nested) ends nothing


def services_do_not_commit(sources: list[Source]) -> list[str]:
    """Below the rim nobody begins or ends a transaction; the rim is views, command line and roof."""
    broken = []
    for source in sources:
        if not source.wing or source.floor == FLOORS.index("views") or source.module in MAY_COMMIT:
            continue
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Call):
                continue
            if isinstance(node.func, ast.Attribute) and node.func.attr in TRANSACTION_WORDS:
                broken.append(f"{source.module}:{node.lineno} calls {node.func.attr}()")
            if _dotted(node.func).split(".")[-1] in {"unit_of_work", "in_unit_of_work"}:
                broken.append(f"{source.module}:{node.lineno} opens a unit of work")
    return broken


def reading_pages_do_not_write(sources: list[Source]) -> list[str]:
    """A route that answers only GET opens no unit of work."""
    broken = []
    for source in sources:
        if source.floor != FLOORS.index("views"):
            continue
        views = [
            node for node in ast.walk(source.tree) if isinstance(node, ast.FunctionDef) and _answers_only_get(node)
        ]
        broken += [
            f"{source.module}:{view.lineno} {view.name} answers GET and writes"
            for view in views
            if any(_opens_work(node) for node in ast.walk(view))
        ]
    return broken


def _answers_only_get(function: ast.FunctionDef) -> bool:
    for mark in function.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Attribute):
            methods = [ast.unparse(keyword.value) for keyword in mark.keywords if keyword.arg == "methods"]
            if mark.func.attr == "get" or (mark.func.attr == "route" and not any("POST" in each for each in methods)):
                return True
    return False


def _opens_work(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and _dotted(node.func).split(".")[-1] in {"unit_of_work", "in_unit_of_work"}


def sql_is_never_composed(sources: list[Source]) -> list[str]:
    """`text()` and its like take whole literals: no f-string, no joining, no formatting."""
    broken = []
    for source in sources:
        if source.module in MAY_COMPOSE_SQL or not _imports_sqlalchemy_text(source):
            continue
        for node in ast.walk(source.tree):
            is_sql = isinstance(node, ast.Call) and _dotted(node.func).split(".")[-1] in {
                "text", "exec_driver_sql", "literal_column",
            }  # fmt: skip
            if is_sql and isinstance(node, ast.Call) and node.args and not isinstance(node.args[0], ast.Constant):
                broken.append(f"{source.module}:{node.lineno} composes SQL: {ast.unparse(node)[:60]}")
    return broken


def _imports_sqlalchemy_text(source: Source) -> bool:
    names = {"text", "literal_column"}
    uses_driver = "exec_driver_sql" in source.text
    return uses_driver or any(
        found.module.split(".")[0] == "sqlalchemy" and (found.name in names or not found.name)
        for found in list_imports(source)
    )


def jobs_are_registered(sources: list[Source]) -> list[str]:
    """Every function of app.jobs that gives an outcome is reached from JOBS; nobody else schedules anything."""
    broken = []
    for source in sources:
        if source.module == "app.jobs":
            broken += [f"app.jobs:{line} {name} is in no job" for name, line in _unreached_jobs(source)]
        if source.module != "app.worker":
            broken += [
                f"{source.module}:{node.lineno} schedules by itself: add a row to app/jobs.py"
                for node in ast.walk(source.tree)
                if isinstance(node, ast.Call) and _dotted(node.func).split(".")[-1] in {"add_job", "scheduled_job"}
            ]
    return broken


def _unreached_jobs(source: Source) -> Iterator[tuple[str, int]]:
    functions = {node.name: node for node in source.tree.body if isinstance(node, ast.FunctionDef)}
    tables = [node for node in source.tree.body if isinstance(node, ast.AnnAssign) and _dotted(node.target) == "JOBS"]
    reached: set[str] = set()
    waiting: list[ast.AST] = [*tables]
    while waiting:
        names = {node.id for node in ast.walk(waiting.pop()) if isinstance(node, ast.Name)} & set(functions)
        waiting += [functions[name] for name in names - reached]
        reached |= names
    for name, node in functions.items():
        if node.returns is not None and ast.unparse(node.returns) == "Outcome" and name not in reached:
            yield name, node.lineno


FORBIDDEN_CALLS: Mapping[str, str] = {
    "populate_obj": "a form never writes an object: name the fields",
    "eval": "no text is run",
    "exec": "no text is run",
    "from_string": "templates are files",
    "render_template_string": "templates are files",
}


def dangerous_calls_are_absent(sources: list[Source]) -> list[str]:
    """Mass assignment, run text, templates from text, network clients, deserialised objects."""
    broken = []
    for source in sources:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and (reason := FORBIDDEN_CALLS.get(_dotted(node.func).split(".")[-1])):
                broken.append(f"{source.module}:{node.lineno} {ast.unparse(node.func)}: {reason}")
            if isinstance(node, ast.Call) and any(_spreads_request(keyword) for keyword in node.keywords):
                broken.append(f"{source.module}:{node.lineno} spreads a request into arguments: name the fields")
        for found in list_imports(source):
            talks = found.module in NETWORK or f"{found.module}.{found.name}" in NETWORK
            if talks and source.module not in MAY_TALK:
                broken.append(f"{source.module}:{found.line} imports {found.module}, which talks over a network")
            if found.module in {"pickle", "marshal", "shelve", "dill"}:
                broken.append(f"{source.module}:{found.line} imports {found.module}: data is never code")
    return broken


def _spreads_request(keyword: ast.keyword) -> bool:
    return keyword.arg is None and ast.unparse(keyword.value).startswith(("request.", "flask.request."))


def modules_say_what_they_know(sources: list[Source]) -> list[str]:
    """Every module that has anything in it begins with a docstring."""
    return [
        f"{source.module} has no docstring"
        for source in sources
        if source.tree.body and not ast.get_docstring(source.tree)
    ]


def names_do_not_hide(sources: list[Source]) -> list[str]:
    """No module, function or class is named by a word that hides what it does."""
    broken = []
    for source in sources:
        if hiding := HIDING_WORDS & set(source.parts[-1].split("_")):
            broken.append(f"{source.module} is named {', '.join(hiding)}")
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name not in PLAIN_NAMES:
                words = set(re.sub(r"(?<!^)(?=[A-Z])", "_", node.name).lower().split("_"))
                if hiding := HIDING_WORDS & words:
                    broken.append(f"{source.module}:{node.lineno} {node.name} is named {', '.join(hiding)}")
    return broken


# --- templates ------------------------------------------------------------------------------------------------------

JINJA = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
# Mail programs drop style sheets, and print is no page: there style= is allowed
MAY_HAVE_STYLE = ("mail/", "pdf/")


class _Inline(HTMLParser):
    """Collects what the content policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.in_script = False
        self.in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.in_script = tag == "script"
        self.in_style = tag == "style"
        for name, value in attrs:
            if name == "style":
                self.found.append(f"style= on <{tag}>")
            if name.startswith("on"):
                self.found.append(f"{name}= on <{tag}>")
            if (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"javascript: on <{tag}>")
            if name.startswith("hx-on"):
                self.found.append(f"{name}= on <{tag}>")

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        self.in_script = self.in_style = False

    def handle_data(self, data: str) -> None:
        if self.in_script and data.strip():
            self.found.append("a <script> with a body")
        if self.in_style and data.strip():
            self.found.append("a <style> with a body")


def templates_have_nothing_inline(templates: Mapping[str, str]) -> list[str]:
    """No `|safe`, no autoescape off; on pages no style=, no script body, no on…= and no javascript: address."""
    broken = []
    for name, text in templates.items():
        broken += [
            f"{name}: {expression[:60]}"
            for expression in JINJA.findall(text)
            if not expression.startswith("{#") and re.search(r"\|\s*safe\b|autoescape\s+false", expression)
        ]
        if name.endswith((".html", ".svg")):
            parser = _Inline()
            # An expression becomes a letter, so that attributes around it stay what they are
            parser.feed(JINJA.sub(lambda match: "x" if match[0].startswith("{{") else " ", text))
            may_style = name.startswith(MAY_HAVE_STYLE)
            broken += [f"{name}: {each}" for each in parser.found if not (may_style and "style" in each)]
    return broken


def read_templates(folder: Path = ROOT / "templates") -> dict[str, str]:
    """Every template by its name."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix in {".html", ".txt", ".svg"}
    }
