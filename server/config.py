"""Typed settings, read once from the environment and `.env`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

WEAK_SECRETS = {"", "secret", "changeme", "change-me", "development"}
MIN_SECRET = 32


class Settings(BaseSettings):
    """Every setting by its environment name; `.env.example` explains each."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    app_env: Literal["development", "test", "production"] = "development"
    secret_key: SecretStr = SecretStr("development-only-secret-key-0123456789abcdef")
    public_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    var_dir: Path = Path("var")
    database_url: str = ""
    redis_url: str = ""
    database_pool: int = Field(10, ge=2, le=200)
    smtp_url: str = ""
    mail_from: str = "MediaFlow <hello@mediaflow.local>"
    cors_origins: Annotated[list[str], NoDecode] = []
    trusted_proxies: Annotated[list[str], NoDecode] = []
    storage_url: str = ""
    chromium_path: str = ""
    metrics_token: SecretStr = SecretStr("")
    metrics_dir: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["console", "json"] = "console"

    access_token_seconds: int = Field(15 * 60, ge=1)
    refresh_token_seconds: int = Field(7 * 24 * 3600, ge=1)
    refresh_grace_seconds: float = 10
    token_grace_seconds: float = 30
    password_hash_concurrency: int = Field(2, ge=1)

    rate_limits: Literal["on", "off"] = "on"
    rate_login_account: str = "5/15minutes"
    rate_login_address: str = "50/15minutes"
    rate_auth_address: str = "20/hour"
    rate_api_user: str = "100/minute"
    rate_upload_user: str = "10/hour"
    rate_public_address: str = "20/minute"

    room_poll_seconds: float = 1.0
    room_poll_degraded_seconds: float = 0.1
    replay_max_events: int = 1000
    replay_max_bytes: int = 512 * 1024
    presence_lease_seconds: float = 10
    session_check_seconds: float = 60

    job_lease_seconds: float = 30
    sweep_seconds: float = 1.0

    @field_validator("cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _production_is_strict(self) -> Settings:
        if self.app_env != "production":
            return self
        secret = self.secret_key.get_secret_value()
        if len(secret) < MIN_SECRET or secret.lower() in WEAK_SECRETS or secret.startswith("development-only"):
            raise ValueError(f"SECRET_KEY must be set to at least {MIN_SECRET} random characters in production")
        if not self.public_url:
            raise ValueError("PUBLIC_URL must be set in production: the address that links in mails carry")
        if self.rate_limits == "off":
            raise ValueError("RATE_LIMITS=off is refused in production")
        return self

    @property
    def base_url(self) -> str:
        """The address that links carry; never taken from a request."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def production(self) -> bool:
        return self.app_env == "production"


@lru_cache
def settings() -> Settings:
    """The process's settings. Tests clear the cache to read others."""
    return Settings()
