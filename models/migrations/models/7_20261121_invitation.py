"""Invitations to a team."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE invitation (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'member')),
    token_hash bytea NOT NULL UNIQUE,
    invited_by uuid NOT NULL,
    sent_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    UNIQUE (team_id, id),
    FOREIGN KEY (team_id, invited_by) REFERENCES member (team_id, user_id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX invitation_open ON invitation (team_id, lower(email)) WHERE accepted_at IS NULL;
SELECT mediaflow_wall('invitation');
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE invitation;"
