"""The figures of a run: `bench.json`, and the same as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FILE = Path("bench.json")


class Figures(dict[str, dict[str, Any]]):
    """By name: value, unit, what stock has for it, and the value as a part of that; `bare` is what the kernel takes."""

    def add(self, name: str, value: float, stock: float | None = None, **more: Any) -> None:
        ratio = value / stock if stock else None
        self[name] = {"value": value, "unit": _unit(name), "stock": stock, "ratio": ratio, **more}

    def beside(self, ours: dict[str, float], stock: dict[str, float]) -> None:
        """Add what was measured on both sides; where stock has none, it has none."""
        for name, value in ours.items():
            self.add(name, value, stock.get(name))

    def write(self, *, keep: bool) -> None:
        """Write the file; `keep` what it has and was not measured this time."""
        before = json.loads(FILE.read_text()) if keep and FILE.exists() else {}
        FILE.write_text(json.dumps(before | self, indent=2, ensure_ascii=False) + "\n")

    def table(self) -> str:
        lines = [f"{'one web process':40} {'ours':>10} {'stock':>10} {'ratio':>7} {'bare':>7}"]
        for name, figure in self.items():
            stock = "" if figure["stock"] is None else _short(figure["stock"])
            ratio = "" if figure["ratio"] is None else f"{figure['ratio']:.2f}"
            bare = _short(figure["bare"]) if "bare" in figure else ""
            lines.append(f"{name:40} {_short(figure['value']):>10} {stock:>10} {ratio:>7} {bare:>7}".rstrip())
        return "\n".join(lines)


def _unit(name: str) -> str:
    """The unit that the name says."""
    for part in reversed(name.split("_")):
        if part in ("us", "ms", "kib"):
            return {"us": "µs", "ms": "ms", "kib": "KiB"}[part]
    return "1/s" if "_per_s" in name else "s"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"
