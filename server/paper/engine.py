"""Where the browser engine is that makes PDFs, and what to say where there is none."""

from __future__ import annotations

import shutil

from models.errors import Unavailable

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HELP = (
    "PDFs need Chromium, and there is none on this machine. Install one (Debian and Ubuntu: apt install chromium, "
    "Fedora: dnf install chromium, macOS: brew install chromium) or set CHROMIUM_PATH to it."
)


class RendererUnavailable(Unavailable):
    """Nothing here can make a PDF; everything else goes on."""

    code = "renderer_unavailable"


def find_engine(configured: str) -> str | None:
    """The Chromium that CHROMIUM_PATH names, which then has to be there, or else the one on the PATH."""
    if configured:
        return shutil.which(configured)
    return next(filter(None, map(shutil.which, NAMES)), None)
