"""A room has one unique key: of two writers that open it at once, the second failed on the other key."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- ON CONFLICT (room) waits on that key only. Foreign keys needed this one, and there are none any more.
ALTER TABLE stream DROP CONSTRAINT stream_team_id_room_key;
CREATE INDEX stream_team ON stream (team_id, room);
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP INDEX stream_team;
ALTER TABLE stream ADD UNIQUE (team_id, room);
"""
