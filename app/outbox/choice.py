"""Which way mail leaves: through the server of SMTP_URL, or into the local mailbox where there is none."""

from __future__ import annotations

from pathlib import Path

from app.outbox.smtp import Patience, SmtpTransport
from app.outbox.transports import MailboxTransport

FOLDER = "mail"


def choose_transport(
    smtp_url: str, instance_dir: Path, *, patience: Patience | None = None
) -> SmtpTransport | MailboxTransport:
    """The transport these settings ask for. Raises BadSmtpUrl."""
    if smtp_url:
        return SmtpTransport(smtp_url, patience=patience)
    return MailboxTransport(mailbox_folder(instance_dir))


def mailbox_folder(instance_dir: Path) -> Path:
    """Where the local mailbox keeps its mails."""
    return instance_dir / FOLDER
