"""Typed settings, read once from the environment and `.env`."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import limits
from pydantic import AfterValidator, Field, FilePath, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

MAX_PORT = 65535
MIN_SECRET = 32
# `server/core/redis.py` tells their forms.
REDIS = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
MIN_VARIETY = 10  # different characters; "changeme" four times over is long, too


def _address(*schemes: str, host: bool = False) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value and urlsplit(value).scheme not in schemes:
            raise ValueError(f"it should begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        if value and host and not _has_host(value):
            raise ValueError("it should name a host, and a port from 1 to 65535 if any")
        return value

    return check


def _has_host(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _origin(value: str) -> str:
    """As a browser sends it: without a path, in lower case."""
    parts = urlsplit(value)
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("it should be a scheme and a host without a path, such as https://portal.example.com")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _rate(value: str) -> str:
    try:
        limits.parse(value)
    except ValueError:
        raise ValueError("it should be a count per time, such as 100/minute or 5/15minutes") from None
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise ValueError("it should be addresses or networks, such as 10.0.0.0/8") from None
    return value


def _sender(value: str) -> str:
    if "@" not in parseaddr(value)[1]:
        raise ValueError("it should be an address, such as MediaFlow <hello@example.com>")
    return value


Rate = Annotated[str, AfterValidator(_rate)]
Site = Annotated[str, AfterValidator(_address("http", "https", host=True))]
Origin = Annotated[Site, AfterValidator(_origin)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
SecondsOrNone = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Network = Annotated[str, AfterValidator(_network)]


class Settings(BaseSettings):
    """Every setting by its environment name; `.env.example` explains each."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore")

    app_env: Literal["development", "test", "production"] = "development"
    secret_key: SecretStr = SecretStr("development-only-secret-key-0123456789abcdef")
    public_url: Site = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=MAX_PORT)
    web: int = Field(default=1, ge=1, le=64)
    seed: Literal["none", "demo", "bench"] = "demo"
    var_dir: Path = Path("var")
    database_url: Annotated[str, AfterValidator(_address("postgresql", "postgres"))] = ""
    redis_url: Annotated[str, AfterValidator(_address(*REDIS))] = ""
    database_pool: int = Field(default=10, ge=2, le=200)
    smtp_url: Annotated[str, AfterValidator(_address("smtp", "smtps", host=True))] = ""
    mail_from: Annotated[str, AfterValidator(_sender)] = "MediaFlow <hello@mediaflow.local>"
    cors_origins: Annotated[list[Origin], NoDecode] = []
    trusted_proxies: Annotated[list[Network], NoDecode] = []
    storage_url: Annotated[str, AfterValidator(_address("file", "s3"))] = ""
    chromium_path: str = ""
    chromium_sandbox: Literal["on", "off"] = "on"
    render_seconds: Seconds = 20
    timestamp_url: Site = ""
    timestamp_certificates: FilePath | None = None
    render_memory_mb: int = Field(default=1024, ge=128)
    metrics_token: SecretStr = SecretStr("")
    metrics_dir: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    access_token_seconds: int = Field(default=15 * 60, ge=1)
    refresh_token_seconds: int = Field(default=7 * 24 * 3600, ge=1)
    refresh_grace_seconds: SecondsOrNone = 10
    token_grace_seconds: SecondsOrNone = 30
    password_hash_concurrency: int = Field(default=2, ge=1)

    rate_limits: Literal["on", "off"] = "on"
    rate_login_account: Rate = "5/15minutes"
    rate_login_address: Rate = "50/15minutes"
    rate_auth_address: Rate = "20/hour"
    rate_api_user: Rate = "100/minute"
    rate_upload_user: Rate = "10/hour"
    rate_public_address: Rate = "20/minute"
    rate_reading_link: Rate = "60/minute"
    rate_choosing_link: Rate = "60/minute"
    rate_form: Rate = "300/hour"
    rate_invite_address: Rate = "10/hour"

    room_poll_seconds: Seconds = 1.0
    room_poll_degraded_seconds: Seconds = 0.1
    bus_retry_seconds: Seconds = 0.5
    bus_tick_seconds: Seconds = 1.0
    replay_max_events: int = Field(default=1000, ge=0)
    replay_max_bytes: int = Field(default=512 * 1024, ge=0)
    room_keep_seconds: SecondsOrNone = 7 * 24 * 3600
    room_keep_events: int = Field(default=1000, ge=0)
    proposal_link_days: int = Field(default=90, ge=1, le=3650)
    proposal_reminder_days: Annotated[list[int], NoDecode] = [3, 7, 14]
    contract_notice_days: int = Field(default=30, ge=0)
    presence_lease_seconds: Seconds = 10
    session_check_seconds: Seconds = 60
    socket_token_seconds: Seconds = 10
    sockets_per_user: int = Field(default=50, ge=0)
    sockets_per_address: int = Field(default=500, ge=0)
    rooms_per_socket: int = Field(default=200, ge=2)
    slow_client_seconds: Seconds = 20
    slow_client_lag_bytes: int = Field(default=64 * 1024, ge=1024)
    slow_client_drained_bytes: int = Field(default=16 * 1024, ge=1)
    slow_client_most_bytes: int = Field(default=1024 * 1024, ge=1024)

    job_lease_seconds: Seconds = 30
    sweep_seconds: Seconds = 1.0

    @field_validator("proposal_reminder_days", mode="before")
    @classmethod
    def _days(cls, value: object) -> object:
        return [int(part) for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _ports_are_there(self) -> Settings:
        if self.port + self.web - 1 > MAX_PORT:
            raise ValueError(f"PORT={self.port} leaves no room for WEB={self.web}: {MAX_PORT} is the last port")
        return self

    @model_validator(mode="after")
    def _production_is_strict(self) -> Settings:
        if self.app_env != "production":
            return self
        secret = self.secret_key.get_secret_value()
        if len(secret) < MIN_SECRET or len(set(secret)) < MIN_VARIETY or secret.startswith("development-only"):
            raise ValueError(f"SECRET_KEY must be set to at least {MIN_SECRET} random characters in production")
        if not self.public_url:
            raise ValueError("PUBLIC_URL must be set in production: the address that links in mails carry")
        if self.rate_limits == "off":
            raise ValueError("RATE_LIMITS=off is refused in production")
        if "seed" not in self.model_fields_set:
            self.seed = "none"  # everybody knows the demo accounts' password
        return self

    @property
    def base_url(self) -> str:
        """The address that links carry; never taken from a request."""
        return self.public_url.rstrip("/") or self.address(self.port)

    def address(self, port: int) -> str:
        """Where a browser on this machine finds the web process of `port`."""
        host = "localhost" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    @property
    def production(self) -> bool:
        return self.app_env == "production"


@lru_cache
def settings() -> Settings:
    """The process's settings. Tests clear the cache to read others."""
    return Settings()


def settings_or_exit(*needed: str) -> Settings:
    """The settings, or the end of the process with one line for each that is wrong, or `needed` and not set."""
    try:
        found = settings()
    except ValidationError as error:
        lines = [_line(".".join(map(str, wrong["loc"][:1])), wrong["msg"], wrong["input"]) for wrong in error.errors()]
    else:
        lines = [f"{n.upper()} must be set (.env.example explains it)" for n in needed if not getattr(found, n)]
        if not lines:
            return found
    raise SystemExit("\n".join(lines))


def _line(name: str, message: str, value: object) -> str:
    message = message.removeprefix("Value error, ").replace("Input should", "it should")
    return f"{name.upper()}={value} is wrong: {message} (.env.example explains it)" if name else message
