"""What each write pays for: the log's own tables without foreign keys, the search vector without SQL parsed anew."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- The append writes these rows together, in one statement and as one team (docs/decisions/log-keys.md); nothing ever
-- deletes a team, a room or a fact.
ALTER TABLE event DROP CONSTRAINT event_team_id_fkey;
ALTER TABLE stream_entry
    DROP CONSTRAINT stream_entry_team_id_room_fkey, DROP CONSTRAINT stream_entry_team_id_event_id_fkey;
ALTER TABLE delivery DROP CONSTRAINT delivery_team_id_event_id_fkey;
-- Only those keys needed it: an id is a fact's alone.
ALTER TABLE event DROP CONSTRAINT event_team_id_id_key;

-- A generated column's SQL function is parsed and planned at each write; plpgsql keeps its plan.
CREATE OR REPLACE FUNCTION mediaflow_words(VARIADIC parts text[]) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN to_tsvector('pg_catalog.simple', public.mediaflow_fold(array_to_string(parts, ' ')));
END $$;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE OR REPLACE FUNCTION mediaflow_words(VARIADIC parts text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT to_tsvector('pg_catalog.simple', public.mediaflow_fold(array_to_string(parts, ' '))) $$;
ALTER TABLE event ADD UNIQUE (team_id, id), ADD FOREIGN KEY (team_id) REFERENCES team ON DELETE CASCADE;
ALTER TABLE delivery ADD FOREIGN KEY (team_id, event_id) REFERENCES event (team_id, id) ON DELETE CASCADE;
ALTER TABLE stream_entry
    ADD FOREIGN KEY (team_id, room) REFERENCES stream (team_id, room) ON DELETE CASCADE,
    ADD FOREIGN KEY (team_id, event_id) REFERENCES event (team_id, id) ON DELETE CASCADE;
"""
