"""What became of merged records."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- Under which id a record goes on that was merged into another one.
CREATE TABLE merged_record (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL,
    into_id uuid NOT NULL,
    merged_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, id),
    FOREIGN KEY (team_id, kind, into_id) REFERENCES subject (team_id, kind, id) ON DELETE CASCADE
);
CREATE INDEX merged_record_into ON merged_record (team_id, into_id);
SELECT mediaflow_wall('merged_record');
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP TABLE merged_record;"
