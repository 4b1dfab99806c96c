"""Contacts whose names look alike; see `docs/decisions/search.md`."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- 0 to 1; without pg_trgm only the same name is alike.
CREATE FUNCTION name_alike(one text, other text) RETURNS real LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        RETURN similarity(search_title(one), search_title(other));
    END IF;
    RETURN (search_title(one) = search_title(other))::int;
END $$;

-- For each of these contacts the older ones that are called much the same, five at most. It acts as the system, for the
-- reason in `mediaflow_searchable`, and asks for the team itself.
CREATE FUNCTION contact_namesakes(ids uuid[]) RETURNS TABLE (id uuid, other uuid, alike real) LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    team uuid := current_setting('app.team_id')::uuid;
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        PERFORM set_config('pg_trgm.similarity_threshold', '0.6', true);
        RETURN QUERY SELECT e.id, n.id, n.alike FROM search_entry e, LATERAL (
            SELECT o.id, similarity(o.title, e.title) AS alike FROM search_entry o
            WHERE o.title % e.title AND o.team_id = team AND o.kind = 'contact' AND o.id < e.id
            ORDER BY 2 DESC, 1 DESC LIMIT 5
        ) n WHERE e.team_id = team AND e.id = ANY(ids) AND e.title <> '';
    ELSE
        RETURN QUERY SELECT e.id, n.id, 1::real FROM search_entry e, LATERAL (
            SELECT o.id FROM search_entry o
            WHERE o.title = e.title AND o.team_id = team AND o.kind = 'contact' AND o.id < e.id ORDER BY 1 DESC LIMIT 5
        ) n WHERE e.team_id = team AND e.id = ANY(ids) AND e.title <> '';
    END IF;
END $$;
ALTER FUNCTION contact_namesakes(uuid[]) OWNER TO mediaflow_system;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP FUNCTION contact_namesakes(uuid[]), name_alike(text, text);"
