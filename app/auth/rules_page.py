"""Knows how the table of roles and permissions is written for people: docs/roles.md is this text."""

from __future__ import annotations

from app.auth.rules import ROLE_LABELS, ROLE_PERMISSIONS, Permission, Role

INTRODUCTION = """# Who may do what

Everybody has one role. A page or button that one's role does not allow is not shown; its address answers 403 and names
the permission and who has it. The table is `app/auth/rules.py`; this page is written from it
(`.venv/bin/python -m app.auth.rules_page > docs/roles.md`) and a test compares them.
"""

PURPOSES = {
    Role.CLERK: "takes deals over from Sales, runs the orders, prepares invoices",
    Role.MEMBER: "does the tasks of one department",
    Role.FINANCE: "issues invoices, records payments, reminds",
    Role.MANAGER: "sees everything, decides what is exceptional, does not keep the books",
    Role.ADMIN: "everything, and looks after people and settings",
}


def render_roles() -> str:
    """The page, as Markdown."""
    head = "| permission | " + " | ".join(ROLE_LABELS[role] for role in Role) + " |"
    rule = "|---|" + ":-:|" * len(Role)
    rows = [f"| `{permission}` | " + " | ".join(_marks(permission)) + " |" for permission in Permission]
    roles = [f"- **{ROLE_LABELS[role]}** (`{role}`): {PURPOSES[role]}." for role in Role]
    return "\n".join([INTRODUCTION, *roles, "", head, rule, *rows, ""])


def _marks(permission: Permission) -> list[str]:
    return ["yes" if permission in ROLE_PERMISSIONS[role] else "" for role in Role]


if __name__ == "__main__":
    import sys

    sys.stdout.write(render_roles())
