"""What a wrong setting says, and where each is explained."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server.config import Settings
from tests.helpers.databases import named
from tests.helpers.patience import PATIENCE_SECONDS, SLOW
from tests.run.house import OURS, ROOT, eventually, start

EXAMPLE = (ROOT / ".env.example").read_text()


def test_the_example_names_every_setting_and_no_other():
    named = re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_explains_every_setting():
    for paragraph in EXAMPLE.split("\n\n"):
        lines = [line for line in paragraph.splitlines() if not line.startswith("# ---")]
        assert not lines or lines[0].startswith("# "), paragraph


def test_the_example_copied_as_it_is_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    (tmp_path / ".env").write_text(EXAMPLE)
    monkeypatch.chdir(tmp_path)
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    assert Settings().model_dump() == defaults


def test_a_wrong_setting_stops_the_start_with_one_line(tmp_path: Path):
    wrong = {
        ("PORT", "eight"): "it should be a valid integer, unable to parse string as an integer",
        ("SEED", "all"): "it should be 'none', 'demo' or 'bench'",
        ("DATABASE_URL", "mysql://db"): "it should begin with postgresql:// or postgres://",
        ("SMTP_URL", "smtp://mail.example:many"): "it should name a host, and a port from 1 to 65535 if any",
        ("MAIL_FROM", "hello"): "it should be an address, such as MediaFlow <hello@example.com>",
        ("CORS_ORIGINS", "https://a.example/app"): "it should be a scheme and a host without a path, such as "
        "https://portal.example.com",
        ("TRUSTED_PROXIES", "nginx"): "it should be addresses or networks, such as 10.0.0.0/8",
        ("STORAGE_URL", "ftp://files"): "it should begin with file:// or s3://",
        ("RATE_API_USER", "many"): "it should be a count per time, such as 100/minute or 5/15minutes",
        ("ROOM_POLL_SECONDS", "0"): "it should be greater than 0",
        ("SWEEP_SECONDS", "nan"): "it should be a finite number",
    }
    house = start(tmp_path / "var", **dict(wrong.keys()))
    lines = [f"{name}={value} is wrong: {says} (.env.example explains it)" for (name, value), says in wrong.items()]
    assert house.last_line().splitlines() == lines


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"PORT": 65534, "WEB": 3}, "PORT=65534 leaves no room for WEB=3: 65535 is the last port"),
        (
            {"CHROMIUM_PATH": "/nowhere/chromium"},
            "mediaflow: CHROMIUM_PATH=/nowhere/chromium is no program: name a Chromium, or leave it empty",
        ),
        # An address for documentation (RFC 5737): nobody has it.
        (
            {"HOST": "203.0.113.9"},
            "mediaflow: HOST=203.0.113.9 is no address of this machine: set it to 127.0.0.1 or 0.0.0.0",
        ),
    ],
)
def test_what_cannot_be_had_stops_the_start_with_one_line(tmp_path: Path, settings: dict[str, object], says: str):
    house = start(tmp_path / "var", **settings)
    assert house.last_line() == says


def test_an_origin_is_taken_as_a_browser_sends_it():
    said = {"cors_origins": "https://Portal.example/, http://b.example:81"}
    assert Settings.model_validate(said).cors_origins == ["https://portal.example", "http://b.example:81"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({}, "SECRET_KEY must be set to at least 32 random characters in production"),
        (
            {"SECRET_KEY": "changeme" * 5},
            "SECRET_KEY must be set to at least 32 random characters in production",
        ),
        (
            {"SECRET_KEY": "q7Wc2mZp0RtYv5Lk9sXa3nBd8fGh1jKe"},
            "PUBLIC_URL must be set in production: the address that links in mails carry",
        ),
        (
            {"SECRET_KEY": "q7Wc2mZp0RtYv5Lk9sXa3nBd8fGh1jKe", "PUBLIC_URL": "https://a.example", "RATE_LIMITS": "off"},
            "RATE_LIMITS=off is refused in production",
        ),
    ],
)
def test_production_refuses_to_start_unsafe(tmp_path: Path, settings: dict[str, str], says: str):
    house = start(tmp_path / "var", APP_ENV="production", **settings)
    assert house.last_line() == says


# As PM2 and other keepers start them, without `make run` before them.
PROCESSES = ["server", "tasks.worker", "tasks.dispatch", "server.migrate", "server.seed", "tasks.audit verify"]


def alone(module: str, folder: Path, **settings: str) -> subprocess.Popen[str]:
    """One process with these settings and nothing of the surrounding environment's, not even its `.env`."""
    env = {n: v for n, v in os.environ.items() if n not in OURS} | {"PYTHONPATH": str(ROOT)} | settings
    command = [sys.executable, "-m", *module.split()]
    return subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.mark.parametrize("module", PROCESSES)
def test_each_process_alone_says_what_is_wrong(tmp_path: Path, module: str):
    process = alone(module, tmp_path, SEED="all")
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    wrong = "SEED=all is wrong: it should be 'none', 'demo' or 'bench' (.env.example explains it)"
    assert (process.returncode, said.strip()) == (1, wrong)


def test_a_process_alone_says_what_to_set(tmp_path: Path):
    process = alone("tasks.dispatch", tmp_path)
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, said.strip()) == (1, "DATABASE_URL must be set (.env.example explains it)")


@pytest.mark.parametrize("module", ["server", "tasks.worker", "server.migrate"])
def test_a_database_that_refuses_us_is_one_line(tmp_path: Path, cluster: str, module: str):
    process = alone(module, tmp_path, DATABASE_URL=named(cluster, "nowhere"), PORT="29999")
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert re.search(r'^[^\n]*database "nowhere" does not exist$', said.strip()), said


def test_a_process_that_waits_for_the_database_stops_when_told(tmp_path: Path):
    process = alone("tasks.worker", tmp_path, DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert process.stdout is not None
    assert "waiting for the database" in process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    eventually(lambda: process.poll() is not None, seconds=5 * SLOW)
    assert process.returncode == 0
