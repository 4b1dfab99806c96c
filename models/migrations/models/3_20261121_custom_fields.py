"""The team's own fields on projects, tasks and what comes later."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE custom_field (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    entity text NOT NULL,
    key text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,39}$'),
    label text NOT NULL,
    type text NOT NULL
        CHECK (type IN ('text', 'number', 'money', 'date', 'select', 'multi_select', 'url', 'boolean')),
    options text[] NOT NULL DEFAULT '{}',
    currency varchar(3),
    required bool NOT NULL DEFAULT false,
    position int NOT NULL,
    -- The row of a deleted field stays: values of its type are still stored under its key.
    deleted_at timestamptz,
    UNIQUE (team_id, id),
    UNIQUE (team_id, entity, key),
    CHECK ((type = 'money') = (currency IS NOT NULL))
);
SELECT mediaflow_wall('custom_field');
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE custom_field;"
