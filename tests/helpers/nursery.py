"""A process that has imported what a module of ours imports, and forks: a start takes milliseconds, not a second.

What is forked runs the module as `python -m` would, with an environment, a log and an end of its own. It is for tests
whose subject is not the start: `tests/run` starts everything as a user does.
"""

from __future__ import annotations

import ast
import gc
import json
import os
import runpy
import select
import signal
import socket
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def main() -> None:
    module, address = sys.argv[1:]
    gc.disable()  # nothing of what is imported is garbage
    _import_what_it_imports(module)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        gc.freeze()
        gc.enable()
        order = _wait(listener)
    if order is not None:
        _be(module, order)


def _import_what_it_imports(module: str) -> None:
    """Not the module itself: whoever is forked runs it, and what it declares is declared once."""
    spec = find_spec(module)
    if spec is not None and spec.submodule_search_locations:
        spec = find_spec(f"{module}.__main__")
    assert spec is not None
    assert spec.origin is not None
    said = ast.parse(Path(spec.origin).read_text()).body
    imports: list[ast.stmt] = [node for node in said if isinstance(node, ast.Import | ast.ImportFrom)]
    exec(compile(ast.Module(imports, []), spec.origin, "exec"), {})
    if app := sys.modules.get("server.app"):
        app.declare()  # which is what each of these processes begins with


def _wait(listener: socket.socket) -> dict[str, Any] | None:
    """Fork at each call; gives the order to the one who shall carry it out, and nothing once our owner is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
        caller, _ = listener.accept()
        with caller:
            if os.fork() == 0:
                return _keep(caller)
    return None


def _keep(caller: socket.socket) -> dict[str, Any]:
    """Fork once more: tell the caller who that is, and how it has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with caller.makefile() as lines:
        order = json.loads(lines.readline())
    Path(order["log"]).touch()  # there from the moment that the caller knows of the process
    if (child := os.fork()) == 0:
        return order
    try:
        caller.sendall(b"%d\n" % child)
        _, status = os.waitpid(child, 0)
        caller.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    finally:
        os._exit(0)


def _be(module: str, order: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream, file in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(file, stream)
    sys.argv = [module, *order["arguments"]]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
