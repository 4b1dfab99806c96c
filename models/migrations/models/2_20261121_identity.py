"""Tokens that travel by mail."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE mailed_token (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('verify', 'reset', 'email_change')),
    token_hash bytea NOT NULL UNIQUE,
    email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX mailed_token_user ON mailed_token (user_id, kind);
-- They belong to a person, not to a team: only the system role touches them.
ALTER TABLE mailed_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailed_token FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON mailed_token TO mediaflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON mailed_token TO mediaflow_system;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE mailed_token;"
