"""Knows how the accounts library is set: addresses, templates, the cost of a hash, and its sentences in our words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

RESET_LINK_LIFE = timedelta(hours=1)

SETTINGS: Mapping[str, object] = {
    # the house's own header stands on every page; the library would write "no-store=True"
    "CACHE_CONTROL": None,
    "LOGIN_URL": "/login",
    "LOGOUT_URL": "/logout",
    "LOGOUT_METHODS": ["POST"],
    "CHANGE_URL": "/change-password",
    "RESET_URL": "/reset-password",
    "POST_LOGIN_VIEW": "/views/start",
    "POST_LOGOUT_VIEW": "security.login",
    "POST_CHANGE_VIEW": "auth.me",
    "POST_RESET_VIEW": "security.login",
    "LOGIN_USER_TEMPLATE": "auth/sign_in.html",
    "FORGOT_PASSWORD_TEMPLATE": "auth/forgotten.html",
    "RESET_PASSWORD_TEMPLATE": "auth/new_password.html",
    "CHANGE_PASSWORD_TEMPLATE": "auth/change_password.html",
    "EMAIL_TEMPLATE_PASSWORD_RESET": "mail/password_reset",
    "EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": "mail/password_changed",
    "EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": "mail/password_changed",
    "EMAIL_SUBJECT_PASSWORD_RESET": "Choose a new password",
    "EMAIL_SUBJECT_PASSWORD_NOTICE": "Your password was changed",
    "EMAIL_SUBJECT_PASSWORD_CHANGE_NOTICE": "Your password was changed",
    "EMAIL_HTML": False,
    "CHANGEABLE": True,
    "RECOVERABLE": True,
    "RESET_PASSWORD_WITHIN": RESET_LINK_LIFE,
    "RETURN_GENERIC_RESPONSES": True,
    "API_ENABLED_METHODS": ["session"],
    "STATIC_FOLDER": None,
    "FRESHNESS": timedelta(minutes=-1),  # asking for the password again comes with the second factor
    "CLI_USERS_NAME": None,
    "CLI_ROLES_NAME": None,
    "PASSWORD_SCHEMES": ["argon2"],
    "PASSWORD_SINGLE_HASH": ["argon2"],
    "PASSWORD_NORMALIZE_FORM": "NFKC",
    # what ties a link to the present password; the library's sha256_crypt takes 0.4 s, which tells who has an account
    "HASHING_SCHEMES": ["hex_sha256"],
    "DEPRECATED_HASHING_SCHEMES": [],
    # argon2id: 19 MiB, two passes, one lane (OWASP); the library's 64 MiB would be a way to exhaust memory
    "PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__type": "ID",
        "argon2__memory_cost": 19_456,
        "argon2__time_cost": 2,
        "argon2__parallelism": 1,
    },
    "MSG_GENERIC_AUTHN_FAILED": ("This e-mail address and password do not belong together.", "error"),
    "MSG_GENERIC_RECOVERY": ("If this address belongs to somebody here, a mail is on its way.", "info"),
    "MSG_PASSWORD_RESET_REQUEST": ("If this address belongs to somebody here, a mail is on its way.", "info"),
    "MSG_PASSWORD_RESET_EXPIRED": ("This link is older than an hour. Ask for a new one.", "error"),
    "MSG_INVALID_RESET_PASSWORD_TOKEN": ("This link was used already or is not whole. Ask for a new one.", "error"),
    "MSG_PASSWORD_RESET_NO_LOGIN": ("Your password is changed. Sign in with the new one.", "success"),
    "MSG_PASSWORD_CHANGE": ("Your password is changed, and you are signed out everywhere else.", "success"),
    "MSG_PASSWORD_IS_THE_SAME": ("Choose a password other than the present one.", "error"),
    "MSG_RETYPE_PASSWORD_MISMATCH": ("The two are not the same. Type the new password twice.", "error"),
    "MSG_INVALID_PASSWORD": ("This is not your present password.", "error"),
    "MSG_EMAIL_NOT_PROVIDED": ("Type your e-mail address.", "error"),
    "MSG_INVALID_EMAIL_ADDRESS": ("Write an e-mail address like ada@example.com.", "error"),
    "MSG_PASSWORD_NOT_PROVIDED": ("Type a password.", "error"),
}
