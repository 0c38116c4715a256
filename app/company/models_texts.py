"""What we say on documents and in their mails, in one language each."""

from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model


class DocumentText(Model):
    """An administrator's own words in one language; an empty text leaves the words we come with."""

    __tablename__ = "document_text"

    language: Mapped[str] = mapped_column(primary_key=True)  # ISO 639-1
    footer: Mapped[str] = mapped_column(default="", server_default="")  # the foot of invoices
    subject: Mapped[str] = mapped_column(default="", server_default="")  # of the mail that carries an invoice
    opening: Mapped[str] = mapped_column(default="", server_default="")
    closing: Mapped[str] = mapped_column(default="", server_default="")
    terms: Mapped[str] = mapped_column(default="", server_default="")  # of payment, said beside the due date
    credit_footer: Mapped[str] = mapped_column(default="", server_default="")
    credit_subject: Mapped[str] = mapped_column(default="", server_default="")  # of the mail with a credit note
    credit_opening: Mapped[str] = mapped_column(default="", server_default="")
    credit_closing: Mapped[str] = mapped_column(default="", server_default="")
    version: Mapped[int] = mapped_column(default=1)
