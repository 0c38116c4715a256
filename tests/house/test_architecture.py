"""The law of the house holds; and each law notices when somebody breaks it."""

from __future__ import annotations

import pytest
from flask import Blueprint, Flask

from app.auth import guards
from app.auth.rules import Permission
from tests.factories import sign_in
from tests.house import law
from tests.house.law import Source


@pytest.fixture(scope="module")
def sources():
    return law.read_sources()


LAWS = [
    law.wings_know_only_the_left,
    law.floors_know_only_below,
    law.pure_floors_stay_pure,
    law.nobody_reads_the_clock,
    law.services_do_not_commit,
    law.reading_pages_do_not_write,
    law.sql_is_never_composed,
    law.jobs_are_registered,
    law.dangerous_calls_are_absent,
    law.modules_say_what_they_know,
    law.names_do_not_hide,
]


@pytest.mark.parametrize("rule", LAWS, ids=lambda rule: rule.__name__)
def test_the_law_holds(rule, sources):
    assert rule(sources) == []


def test_templates_have_nothing_inline():
    assert law.templates_have_nothing_inline(law.read_templates()) == []


def test_the_law_reads_the_whole_application(sources):
    wings = {source.wing for source in sources}
    assert wings == {"", *law.WINGS}
    assert len(sources) > 100


def test_named_exceptions_exist_and_are_needed(sources):
    """An exception nobody uses any more is taken out of its table."""
    tables = {"MAY_COMMIT": law.services_do_not_commit, "MAY_COMPOSE_SQL": law.sql_is_never_composed}
    for name, rule in tables.items():
        table = getattr(law, name)
        bare = pytest.MonkeyPatch()
        bare.setattr(law, name, {})
        broken = " ".join(rule(sources))
        bare.undo()
        assert [module for module in table if module + ":" not in broken] == [], (
            f"{name} names modules that need it not"
        )


# --- each law notices a planted violation ---------------------------------------------------------------------------

CLEAN = [
    Source("app.ledger", '"""L."""', is_package=True),
    Source("app.ledger.rules", '"""Knows."""\nfrom decimal import Decimal\nfrom app.kernel.money import Money\n'),
    Source("app.ledger.services", '"""Knows."""\nfrom app.ledger.rules import x\n'),
    Source("app.orders", '"""O."""', is_package=True),
    Source("app.orders.services", '"""Knows."""\n'),
    Source("app.orders.views", '"""Knows."""\n'),
    Source("app.orders.mails", '"""Knows."""\nfrom app.orders import services\n'),
    Source("app.kernel.money", '"""Knows."""\n'),
    Source("app.jobs", '"""Knows."""\n'),
]


def planted(module, text, is_package=False):
    return [
        *(source for source in CLEAN if source.module != module),
        Source(module, '"""Knows."""\n' + text, is_package),
    ]


PLANTED = [
    (law.wings_know_only_the_left, "app.ledger.services", "from app.orders.services import open_order"),
    (law.wings_know_only_the_left, "app.ledger.services", "from app.orders import services"),
    (law.wings_know_only_the_left, "app.ledger.services", "import app.orders.services"),
    (law.wings_know_only_the_left, "app.ledger.services", "from ..orders import services"),
    (law.wings_know_only_the_left, "app.ledger.services", "from ..orders.services import open_order"),
    (law.wings_know_only_the_left, "app.ledger.services", "def f():\n    from app.orders import services"),
    (law.wings_know_only_the_left, "app.ledger.services", "from app import jobs"),
    (law.wings_know_only_the_left, "app.ledger.services", "from .. import jobs"),
    (law.wings_know_only_the_left, "app.ledger.services", "if TYPE_CHECKING:\n    from app.jobs import JOBS"),
    (law.floors_know_only_below, "app.orders.services", "from app.orders.views import x"),
    (law.floors_know_only_below, "app.orders.services", "from . import views"),
    (law.floors_know_only_below, "app.orders.services", "from .views import x"),
    (law.floors_know_only_below, "app.orders.queries_open", "from app.orders.services import x"),
    (law.floors_know_only_below, "app.orders.models", "from app.orders.mails import x"),
    (law.pure_floors_stay_pure, "app.ledger.rules", "import flask"),
    (law.pure_floors_stay_pure, "app.ledger.rules", "from sqlalchemy import select"),
    (law.pure_floors_stay_pure, "app.ledger.rules_aging", "from app.ledger.services import post"),
    (law.pure_floors_stay_pure, "app.ledger.rules", "from .services import post"),
    (law.pure_floors_stay_pure, "app.ledger.rules.deep", "import lxml"),
    (law.pure_floors_stay_pure, "app.kernel.money", "import babel"),
    (law.pure_floors_stay_pure, "app.payments.statements.camt", "import flask"),
    (law.nobody_reads_the_clock, "app.ledger.services", "x = datetime.now(UTC)"),
    (law.nobody_reads_the_clock, "app.ledger.services", "import datetime as dt\nx = dt.datetime.now()"),
    (law.nobody_reads_the_clock, "app.ledger.services", "x = date.today()"),
    (law.nobody_reads_the_clock, "app.ledger.services", "x = field(default_factory=datetime.utcnow)"),
    (law.nobody_reads_the_clock, "app.ledger.services", "from time import time"),
    (law.nobody_reads_the_clock, "app.ledger.services", "x = time.monotonic()"),
    (law.nobody_reads_the_clock, "app.ledger.models", "at = mapped_column(server_default=func.now())"),
    (law.nobody_reads_the_clock, "app.ledger.services", "from app.kernel import clock\nx = clock.now()"),
    (law.nobody_reads_the_clock, "app.ledger.services", "from app.kernel.clock import now"),
    (law.nobody_reads_the_clock, "app.jobs", "x = datetime.now(UTC)"),
    (law.services_do_not_commit, "app.ledger.services", "session().commit()"),
    (law.services_do_not_commit, "app.ledger.queries", "db.session.rollback()"),
    (law.services_do_not_commit, "app.ledger.models", "with unit_of_work():\n    pass"),
    (law.services_do_not_commit, "app.ledger.mails", "in_unit_of_work(f)"),
    (law.services_do_not_commit, "app.ledger.services", "with engine.begin() as c:\n    pass"),
    (
        law.reading_pages_do_not_write,
        "app.orders.views",
        "@b.get('/')\ndef index():\n    with unit_of_work():\n        x()",
    ),
    (law.reading_pages_do_not_write, "app.orders.views", "@b.route('/')\ndef index():\n    in_unit_of_work(x)"),
    (law.sql_is_never_composed, "app.ledger.queries", "from sqlalchemy import text\ntext(f'SELECT {x}')"),
    (law.sql_is_never_composed, "app.ledger.queries", "import sqlalchemy as sa\nsa.text('SELECT ' + x)"),
    (law.sql_is_never_composed, "app.ledger.queries", "c.exec_driver_sql('SELECT %s' % x)"),
    (law.dangerous_calls_are_absent, "app.orders.views", "form.populate_obj(order)"),
    (law.dangerous_calls_are_absent, "app.orders.views", "Order(**request.form)"),
    (law.dangerous_calls_are_absent, "app.orders.views", "open_order(**request.get_json())"),
    (law.dangerous_calls_are_absent, "app.orders.services", "eval(x)"),
    (law.dangerous_calls_are_absent, "app.orders.services", "env.from_string(x)"),
    (law.dangerous_calls_are_absent, "app.orders.services", "from urllib import request"),
    (law.dangerous_calls_are_absent, "app.orders.services", "import httpx"),
    (law.dangerous_calls_are_absent, "app.orders.services", "import pickle"),
    (law.jobs_are_registered, "app.jobs", "def _send() -> Outcome:\n    pass\nJOBS: tuple[Job, ...] = ()"),
    (law.jobs_are_registered, "app.orders.services", "scheduler.add_job(f, 'cron')"),
    (law.names_do_not_hide, "app.orders.utils", "x = 1"),
    (law.names_do_not_hide, "app.orders.services", "def handle_order():\n    pass"),
    (law.names_do_not_hide, "app.orders.services", "class OrderHelper:\n    pass"),
]


@pytest.mark.parametrize(("rule", "module", "text"), PLANTED)
def test_a_planted_violation_is_found(rule, module, text):
    broken = rule(planted(module, text))
    assert len(broken) >= 1
    assert all(sentence.startswith(module) for sentence in broken)


@pytest.mark.parametrize("rule", LAWS, ids=lambda rule: rule.__name__)
def test_lawful_code_is_left_alone(rule):
    assert rule(CLEAN) == []


LAWFUL = [
    (law.wings_know_only_the_left, "app.orders.services", "from app.ledger import services"),
    (law.wings_know_only_the_left, "app.jobs", "from app.orders import services"),
    (law.floors_know_only_below, "app.orders.views", "from . import services, mails"),
    (law.pure_floors_stay_pure, "app.orders.rules", "import enum\nfrom app.ledger.rules import bucket"),
    (law.nobody_reads_the_clock, "app.orders.views", "from app.kernel import clock\nx = clock.now()"),
    (law.nobody_reads_the_clock, "app.web.requests", "x = time.perf_counter()"),
    (law.services_do_not_commit, "app.orders.views", "with unit_of_work():\n    pass"),
    (
        law.reading_pages_do_not_write,
        "app.orders.views",
        "@b.post('/')\ndef add():\n    with unit_of_work():\n        x()",
    ),
    (law.sql_is_never_composed, "app.ledger.queries", "from sqlalchemy import text\ntext('SELECT 1')"),
    (
        law.jobs_are_registered,
        "app.jobs",
        "def _a() -> Outcome:\n    return _b()\ndef _b() -> Outcome: ...\nJOBS: T = (Job(_a),)",
    ),
    (law.names_do_not_hide, "app.orders.models", "def process_bind_param():\n    pass"),
]


@pytest.mark.parametrize(("rule", "module", "text"), LAWFUL)
def test_what_looks_alike_but_is_lawful_is_left_alone(rule, module, text):
    assert rule(planted(module, text)) == []


def test_a_module_without_a_docstring_is_found():
    assert law.modules_say_what_they_know([Source("app.x", "import os")]) == ["app.x has no docstring"]
    assert law.modules_say_what_they_know([Source("app.x", "", is_package=True)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ note|safe }}",
        "{% if x %}{{ note | safe }}{% endif %}",
        "{% autoescape false %}",
        '<p style="color: red">',
        '<p style="{{ colour }}">',
        "<script>alert(1)</script>",
        "<script>{{ data }}</script>",
        '<a onclick="x()">',
        '<a {% if x %}onclick="x()"{% endif %}>',
        '<a href="javascript:x()">',
        '<a hx-on:click="x()">',
        "<style>p { color: red }</style>",
    ],
)
def test_a_planted_template_is_found(text):
    assert len(law.templates_have_nothing_inline({"orders/index.html": text})) >= 1


@pytest.mark.parametrize(
    "text",
    [
        '{{ url_for("reports.daily", on=day) }}',
        '<script src="/static/js/app.js" type="module"></script>',
        '<p class="on">style="x"</p>',
        "{# {{ note|safe }} would be wrong #}",
        '<input {{ "checked" if x }} data-once="1">',
    ],
)
def test_a_lawful_template_is_left_alone(text):
    assert law.templates_have_nothing_inline({"orders/index.html": text}) == []


# --- the running application ----------------------------------------------------------------------------------------


def test_every_route_declares_its_guard(app):
    guards.check_all(app)


def test_a_route_without_a_guard_stops_the_start():
    app = Flask("planted")
    blueprint = Blueprint("orders", __name__)
    blueprint.get("/orders")(lambda: "all orders")
    app.register_blueprint(blueprint)
    with pytest.raises(guards.UndeclaredRoute, match=r"orders\."):
        guards.check_all(app)


def test_a_route_with_each_kind_of_guard_starts():
    app = Flask("planted")
    for name, mark in [("a", guards.public), ("b", guards.signed_in), ("c", guards.guard(Permission.ORDERS_VIEW))]:
        app.add_url_rule(f"/{name}", name, mark(lambda: "fine"))
    guards.check_all(app)


def test_a_guard_without_a_permission_is_refused():
    with pytest.raises(TypeError):
        guards.guard()


def test_declared_guards_are_those_of_libraries_and_exist(app):
    assert set(guards.DECLARED) <= {rule.endpoint for rule in app.url_map.iter_rules()}
    assert all(endpoint.split(".")[0] in {"static", "security"} for endpoint in guards.DECLARED)


UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def list_unsafe_routes(app):
    for rule in app.url_map.iter_rules():
        for method in sorted(UNSAFE & (rule.methods or set())):
            values = {name: _value(converter) for name, converter in rule._converters.items()}
            with app.test_request_context():
                yield method, app.url_for(rule.endpoint, **values)


def _value(converter):
    return 1 if type(converter).__name__ in {"RowId", "IntegerConverter"} else "2026-11-22"


def test_every_change_needs_the_token(client):
    app = client.application
    sign_in(client, "admin")
    let_through = []
    for method, url in list_unsafe_routes(app):
        for token in ("", "forged"):
            answer = client.open(url, method=method, headers={"X-CSRFToken": token})
            if answer.status_code != 400:
                let_through.append((method, url, token, answer.status_code))
    assert let_through == []
    assert app.extensions["csrf"]._exempt_views == set()
    assert app.extensions["csrf"]._exempt_blueprints == set()


def test_every_change_from_another_site_is_refused(client):
    sign_in(client, "admin")
    for method, url in list_unsafe_routes(client.application):
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert client.open(url, method=method, headers=headers).status_code == 400, (url, headers)
