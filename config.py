"""The settings, read once from the environment; unsafe ones stop the start in production."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent
DEVELOPMENT_SECRET = "development-only-secret-never-use-in-production"  # noqa: S105 - refused in production
SHORTEST_SECRET = 32


@cache
def _list_zones() -> set[str]:
    """Those of this system: to look for them takes some ten milliseconds."""
    return available_timezones()


class UnsafeSettings(RuntimeError):
    """The settings may not be used as they are; each argument is one reason in plain words."""

    def __init__(self, reasons: list[str]) -> None:
        self.reasons = reasons
        super().__init__("Tillpaid does not start:\n" + "\n".join(f"- {reason}" for reason in reasons))


class Settings(BaseSettings):
    """Typed settings. Names are those of the environment, without regard to case."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    tillpaid_env: Literal["development", "production"] = "development"
    instance_dir: Path = Field(default=ROOT / "instance", validation_alias="TILLPAID_INSTANCE_DIR")
    database_url: str = ""
    secret_key: str = DEVELOPMENT_SECRET
    public_base_url: str = "http://127.0.0.1:8000"
    smtp_url: str = ""
    company_time_zone: str = "Europe/Berlin"
    statements_dir: Path | None = None  # a folder in which bank files are laid down
    proxy_hops: int = Field(default=0, ge=0, le=5, validation_alias="TILLPAID_PROXY_HOPS")

    @field_validator("statements_dir", mode="before")
    @classmethod
    def _empty_is_no_folder(cls, folder: object) -> object:
        return folder or None

    @field_validator("company_time_zone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        if zone not in _list_zones():
            raise ValueError(f"COMPANY_TIME_ZONE is {zone!r}, which is no IANA time zone such as Europe/Berlin")
        return zone

    @property
    def in_production(self) -> bool:
        return self.tillpaid_env == "production"

    @property
    def effective_database_url(self) -> str:
        """SQLAlchemy's URL; PostgreSQL always goes through psycopg 3."""
        url = self.database_url or f"sqlite:///{self.instance_dir / 'tillpaid.sqlite3'}"
        scheme, _, rest = url.partition("://")
        return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else url

    def refusals(self) -> list[str]:
        """The reasons why these settings may not run in production; none outside it."""
        if not self.in_production:
            return []
        base = urlsplit(self.public_base_url)
        rules = [
            (self.secret_key == DEVELOPMENT_SECRET, "SECRET_KEY is not set. Make one: openssl rand -hex 32"),
            (
                len(self.secret_key) < SHORTEST_SECRET,
                f"SECRET_KEY is shorter than {SHORTEST_SECRET} characters. Make one: openssl rand -hex 32",
            ),
            (
                base.scheme != "https" or not base.hostname,
                "PUBLIC_BASE_URL must be the https:// address people use, such as https://tillpaid.example.com",
            ),
            (
                not self.smtp_url,
                "SMTP_URL is not set, so no customer would get mail. Such as smtp://user:pass@host:587?tls=starttls",
            ),
        ]
        return [reason for broken, reason in rules if broken]

    def require_safe(self) -> None:
        """Raises UnsafeSettings with every reason at once."""
        if reasons := self.refusals():
            raise UnsafeSettings(reasons)
