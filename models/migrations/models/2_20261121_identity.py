"""Tokens that travel by mail, and refresh tokens that have been used."""

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

-- Every used token of a session, not the last one only: a thief may come back with an older one.
CREATE TABLE spent_refresh_token (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL REFERENCES auth_session ON DELETE CASCADE,
    used_at timestamptz NOT NULL,
    -- Sealed, and only for the seconds in which the answer may be asked for again.
    successor text
);
CREATE INDEX spent_refresh_token_session ON spent_refresh_token (session_id, used_at);
ALTER TABLE spent_refresh_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE spent_refresh_token FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON spent_refresh_token TO mediaflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON spent_refresh_token TO mediaflow_system;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE spent_refresh_token, mailed_token;"
