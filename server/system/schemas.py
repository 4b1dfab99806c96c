"""What the probes answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class HealthOut(BaseModel):
    status: Literal["ok"]


class CheckOut(BaseModel):
    """`late`: due work waits longer than it should."""

    state: Literal["up", "down", "late"]
    detail: str = Field(examples=["12 ms"])


class ChecksOut(BaseModel):
    database: CheckOut
    redis: CheckOut
    storage: CheckOut
    queue: CheckOut
    renderer: CheckOut


class ReadyOut(BaseModel):
    """`degraded`: everything that needs only the database works."""

    status: Literal["ready", "degraded"]
    checks: ChecksOut
