"""The views that people saved."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE saved_view (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    name text NOT NULL,
    shared bool NOT NULL DEFAULT false,
    owner_id uuid NOT NULL,
    filters jsonb NOT NULL DEFAULT '{}',
    sort text,
    columns text[] NOT NULL DEFAULT '{}',
    -- The keys of the team's own fields that the view names.
    custom_keys text[] NOT NULL DEFAULT '{}',
    UNIQUE (team_id, id),
    FOREIGN KEY (team_id, owner_id) REFERENCES member (team_id, user_id)
);
CREATE INDEX saved_view_name ON saved_view (team_id, name, id);
CREATE INDEX saved_view_created ON saved_view (team_id, created_at, id);
SELECT mediaflow_wall('saved_view');
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE saved_view;"
