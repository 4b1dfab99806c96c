"""Kinds of jobs that exist only in tests: `python -m tests.jobs.kinds` is a worker that knows them too."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

from models.clock import now
from models.db import connection
from models.ids import uuid7
from tasks import process, worker
from tasks.context import JobContext
from tasks.registry import Args, Permanent, job
from tasks.schedule import schedule


class Mark(Args):
    """`mark` names the effect, `seconds` how long the work takes."""

    mark: str
    seconds: float = 0.0


async def effect(mark: str) -> None:
    """Something that can be counted: a row that carries the mark."""
    await connection().execute(
        "INSERT INTO dev_mail (id, at, recipient, subject, text, html) VALUES ($1, $2, $3, '', '', '')",
        uuid7(),
        now(),
        mark,
    )


@job("test.effect", max_attempts=3)
async def do_effect(ctx: JobContext, args: Mark) -> None:
    for percent in range(0, 100, 10):
        ctx.progress(percent, f"step {percent // 10}")
        await asyncio.sleep(args.seconds / 10)
    async with ctx.unit():
        await effect(args.mark)
        ctx.result = {"mark": args.mark}


@job("test.slow_at_first")
async def slow_at_first(ctx: JobContext, args: Mark) -> None:
    """Its first attempt has time to be killed."""
    if ctx.job.attempt == 1:
        await asyncio.sleep(args.seconds)
    async with ctx.unit():
        await effect(args.mark)


@job("test.until_told")
async def until_told(ctx: JobContext, args: Mark) -> None:
    """Half of it at once, then slowly, until the file that `mark` names is there: who watches may be late."""
    for percent in range(100):
        ctx.progress(percent, f"step {percent // 10}")
        if percent >= 50:
            await asyncio.sleep(args.seconds / 50)
        if Path(args.mark).exists():  # noqa: ASYNC240 - a look at one local name holds nobody up
            return


@job("test.stubborn")
async def stubborn(ctx: JobContext, args: Mark) -> None:
    """Tries to have its effect though its lease is lost: with the loop standing still, no heartbeat tells it so."""
    if ctx.job.attempt == 1:
        await effect_after_sleep(ctx, args)
        return
    async with ctx.unit():
        await effect(args.mark)


async def effect_after_sleep(ctx: JobContext, args: Mark) -> None:
    time.sleep(args.seconds)  # noqa: ASYNC251  # blocks the heartbeat: that is the point
    async with ctx.unit():
        await effect(args.mark)


@job("test.poison")
async def poison(ctx: JobContext, args: Mark) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@job("test.fails")
async def fails(ctx: JobContext, args: Mark) -> None:
    async with ctx.unit():
        await effect(args.mark)
        raise RuntimeError("the paper is jammed")


@job("test.hopeless")
async def hopeless(ctx: JobContext, args: Mark) -> None:
    raise Permanent("there is no paper")


@job("test.tick")
async def tick(ctx: JobContext, args: Mark) -> None:
    async with ctx.unit():
        await effect(args.mark)


if mark := os.environ.get("TICK"):
    schedule(f"test.{mark}", "* * * * * *", job="test.tick", catch_up="all", mark=mark)

if __name__ == "__main__":
    process.run("worker", worker.main)
