"""Indexes for what `/metrics` counts at each scrape."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE INDEX job_dead ON job (queue) WHERE state = 'dead';
CREATE INDEX delivery_dead ON delivery (follower) WHERE state = 'dead';
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP INDEX delivery_dead; DROP INDEX job_dead;"
