"""Whom the database processes run as: never root, and without touching the rights of any folder that is not ours."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from server.run.console import say

SHARED_CACHE = Path("/var/cache/mediaflow")
ACCOUNTS = ("nobody", "postgres", "daemon")  # initdb wants a uid with a name; these are there without a useradd


class CannotRun(Exception):
    """The start cannot go on; its text is one line that says what to do."""


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def own(self, folder: Path) -> None:
        """Make the account the owner of a folder of ours."""
        try:
            os.chown(folder, self.uid, self.gid)
        except OSError as error:
            raise CannotRun(
                f"{folder} cannot be given to uid {self.uid} ({error.strerror}): set DATABASE_URL"
            ) from None


def unprivileged(data: Path) -> Account | None:
    """The account for the processes over `data`: None means stay who we are, as anyone but root does."""
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner and owner.st_uid != os.geteuid():
            raise CannotRun(f"{data} belongs to another account (uid {owner.st_uid}): start as it, or set VAR_DIR")
        return None
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise CannotRun(f"no account of {', '.join(ACCOUNTS)} exists: start as an ordinary user, or set DATABASE_URL")


def within_reach(root: Path, parts: tuple[str, ...], key: str, account: Account | None) -> Path:
    """Where `account` can run the programs that lie in `parts` of `root`: there, or in a copy kept in a shared cache.

    A checkout below /root is closed to every other account, and opening it is not ours to do.
    """
    if account is None or all(_open_to_all(root / part) for part in parts):
        return root
    copy = SHARED_CACHE / key
    if not copy.exists():
        say(f"{root} is closed to uid {account.uid}: copying the database programs to {copy}")
        _copy(root, parts, copy)
    if not _open_to_all(copy):
        raise CannotRun(f"{root} and {copy} are closed to uid {account.uid}: move the checkout, or set DATABASE_URL")
    return copy


def _open_to_all(path: Path) -> bool:
    path = path.resolve()
    own = path.stat().st_mode
    return bool(own & stat.S_IROTH and own & stat.S_IXOTH) and all(
        folder.stat().st_mode & stat.S_IXOTH for folder in path.parents
    )


def _copy(root: Path, parts: tuple[str, ...], copy: Path) -> None:
    unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
    umask = os.umask(0o022)
    try:
        for part in parts:
            shutil.copytree(root / part, unfinished / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py*"))
        for path in unfinished.rglob("*"):
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() or os.access(path, os.X_OK) else 0o044))
        unfinished.rename(copy)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        if not copy.exists():
            raise CannotRun(f"the database programs could not be copied to {copy}: {error}") from error
    finally:
        os.umask(umask)
