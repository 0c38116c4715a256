"""Changes people: who may sign in, as what, with which password."""

import secrets
from datetime import datetime

from email_validator import EmailNotValidError, validate_email
from flask_security.recoverable import send_reset_password_instructions
from flask_security.utils import hash_password

from app.audit.services import record
from app.auth.models import User
from app.auth.queries import count_active_admins, find_user, get_user, has_users, normalize_email
from app.auth.rules import Role
from app.auth.rules_passwords import WeakPassword, find_weakness, normalize_password
from app.auth.services_sessions import end_all_sessions, lock_throttle
from app.db.base import session
from app.kernel.errors import BadInput, Conflict, RuleError

PASSWORD_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - letters; without those that look alike
LONGEST_NAME = 120


class EmailTaken(BadInput):
    """{email} belongs to somebody already."""


class EmailUnreadable(BadInput):
    """Write an e-mail address like ada@example.com."""


class UnknownRole(BadInput):
    """{role} is no role. Choose one of: {roles}."""


class LastAdmin(RuleError):
    """This is the last active administrator. Make somebody else an administrator first."""


class NotYourself(RuleError):
    """You cannot disable your own account. Ask another administrator."""


class Disabled(RuleError):
    """This account is disabled. Enable it first."""


class AlreadySetUp(RuleError):
    """There is somebody who may sign in already, so the first-run page is closed."""


def add_user(
    email: str,
    role: Role | str,
    *,
    name: str = "",
    department_code: str | None = None,
    password: str | None = None,
    actor: str,
    now: datetime,
) -> tuple[User, str]:
    """A new person, and the password: the given one, or a generated one that is kept nowhere else."""
    address = check_email(email)
    if find_user(address) is not None:
        raise EmailTaken(email=address, field="email")
    password = password if password is not None else generate_password()
    user = User(
        email=address,
        name=_check_name(name),
        role=check_role(role),
        department_code=department_code or None,
        password=hash_new_password(password, email=address, name=name),
        active=True,
        fs_uniquifier=secrets.token_hex(16),
        created_at=now,
    )
    session().add(user)
    session().flush()
    record("user.added", actor=actor, now=now, object_kind="user", object_id=user.id, role=user.role.value)
    return user, password


def add_first_admin(email: str, *, name: str, password: str, now: datetime) -> User:
    """The first person of an empty instance; AlreadySetUp ever after."""
    lock_throttle("first-run", now)  # two who arrive at once come one after the other
    if has_users():
        raise AlreadySetUp
    user, _ = add_user(email, Role.ADMIN, name=name, password=password, actor="system:first-run", now=now)
    return user


def change_user(
    user_id: int,
    *,
    name: str,
    role: Role | str,
    department_code: str | None,
    version: int,
    actor: str,
    now: datetime,
) -> User:
    """Name, role and department. A changed role ends the person's sessions, so that it holds at once."""
    user = get_user(user_id, lock=True)
    if user.version != version:
        raise Conflict
    wanted = check_role(role)
    if wanted is not Role.ADMIN:
        _keep_one_admin(user)
    changes = _differences(user, name=_check_name(name), role=wanted, department_code=department_code or None)
    if not changes:
        return user
    for field, (_, new) in changes.items():
        setattr(user, field, new)
    user.version += 1
    if "role" in changes:
        end_all_sessions(user.id, by=actor, now=now)
    record("user.changed", actor=actor, now=now, object_kind="user", object_id=user.id, changes=_words(changes))
    return user


def rename_user(user_id: int, *, name: str, actor: str, now: datetime) -> User:
    """One's own name."""
    user = get_user(user_id, lock=True)
    return change_user(
        user.id,
        name=name,
        role=user.role,
        department_code=user.department_code,
        version=user.version,
        actor=actor,
        now=now,
    )


def disable_user(user_id: int, *, actor: str, now: datetime) -> User:
    """From now on the person cannot sign in, and is signed out everywhere."""
    user = get_user(user_id, lock=True)
    if actor == user.actor:
        raise NotYourself
    _keep_one_admin(user)
    if user.active:
        user.active = False
        user.version += 1
        end_all_sessions(user.id, by=actor, now=now)
        record("user.disabled", actor=actor, now=now, object_kind="user", object_id=user.id)
    return user


def enable_user(user_id: int, *, actor: str, now: datetime) -> User:
    """The person may sign in again, with the password of before."""
    user = get_user(user_id, lock=True)
    if not user.active:
        user.active = True
        user.version += 1
        record("user.enabled", actor=actor, now=now, object_kind="user", object_id=user.id)
    return user


def replace_password(user_id: int, *, password: str | None = None, actor: str, now: datetime) -> str:
    """A new password, generated unless given; links and sessions of before are worth nothing afterwards."""
    user = get_user(user_id, lock=True)
    password = password if password is not None else generate_password()
    user.password = hash_new_password(password, email=user.email, name=user.name)
    user.fs_uniquifier = secrets.token_hex(16)
    end_all_sessions(user.id, by=actor, now=now)
    record("user.password_replaced", actor=actor, now=now, object_kind="user", object_id=user.id)
    return password


def send_reset_link(user_id: int, *, actor: str, now: datetime) -> User:
    """Mails the person a link with which they choose a password themselves; Disabled for one who may not sign in."""
    user = get_user(user_id, lock=True)
    if not user.active:
        raise Disabled
    send_reset_password_instructions(user)
    record("user.reset_link_sent", actor=actor, now=now, object_kind="user", object_id=user.id)
    return user


def hash_new_password(password: str, *, email: str, name: str) -> str:
    """argon2id of a password that is good enough; else WeakPassword, which says why."""
    if weakness := find_weakness(password, email=email, name=name):
        raise WeakPassword(weakness, field="password")
    return str(hash_password(normalize_password(password)))


def generate_password() -> str:
    """Sixteen characters in groups of four: easy to type over, about 79 bits."""
    groups = ("".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def check_email(email: str) -> str:
    """The address in its one spelling; EmailUnreadable when it is none. Asks no name server."""
    try:
        return normalize_email(
            validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized
        )
    except EmailNotValidError:
        raise EmailUnreadable(field="email") from None


def check_role(role: Role | str) -> Role:
    try:
        return Role(role)
    except ValueError:
        roles = ", ".join(known.value for known in Role)
        raise UnknownRole(role=repr(role)[:40], roles=roles, field="role") from None


def _check_name(name: str) -> str:
    if len(name.strip()) > LONGEST_NAME:
        raise BadInput(f"A name has at most {LONGEST_NAME} characters.", field="name")
    return name.strip()


def _keep_one_admin(user: User) -> None:
    if user.role is Role.ADMIN and user.active and count_active_admins(besides=user.id, lock=True) == 0:
        raise LastAdmin


def _differences(user: User, **wanted: object) -> dict[str, tuple[object, object]]:
    present = {field: getattr(user, field) for field in wanted}
    return {field: (present[field], new) for field, new in wanted.items() if present[field] != new}


def _words(changes: dict[str, tuple[object, object]]) -> dict[str, list[object]]:
    """For the trail: names are personal and stay out of it."""
    return {
        field: [] if field == "name" else [None if value is None else str(value) for value in pair]
        for field, pair in changes.items()
    }
