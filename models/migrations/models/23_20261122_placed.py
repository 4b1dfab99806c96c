"""Entering a team and checking a token as one statement; a new card finds its place in the statement that adds it."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PLACE = """
DROP FUNCTION board_place(uuid, uuid, text);
CREATE FUNCTION board_place(p_team uuid, p_project uuid, p_status text)
RETURNS TABLE (status text, columns jsonb, {more}) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE wanted text := p_status;
BEGIN
    IF wanted IS NULL THEN
        SELECT CASE WHEN p.columns @> '[{{"key": "todo"}}]' THEN 'todo' ELSE p.columns -> 0 ->> 'key' END INTO wanted
            FROM project p WHERE p.team_id = p_team AND p.id = p_project;
        wanted := coalesce(wanted, 'todo');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(coalesce(p_project, p_team)::text || '/' || wanted, 0));
    RETURN QUERY {found};
END $$;
"""
BEFORE = """SELECT wanted, (SELECT p.columns FROM project p WHERE p.team_id = p_team AND p.id = p_project),
        (SELECT max(k.rank) FROM task k WHERE k.team_id = p_team AND k.board_id = coalesce(p_project, p_team)
            AND k.status = wanted)"""
NOW = """SELECT wanted, b.columns,
        (SELECT (c ->> 'done')::bool FROM jsonb_array_elements(b.columns) c WHERE c ->> 'key' = wanted),
        rank_after((SELECT max(k.rank) FROM task k WHERE k.team_id = p_team
            AND k.board_id = coalesce(p_project, p_team) AND k.status = wanted))
        FROM (SELECT (SELECT p.columns FROM project p WHERE p.team_id = p_team AND p.id = p_project)) AS b(columns)"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return f"""
-- One whole step after a rank, or the first one of all: `between(rank, None)` of server/todos/rank.py.
CREATE FUNCTION rank_after(last text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    digits CONSTANT text := '{DIGITS}';
    digit int;
BEGIN
    IF last IS NULL THEN
        RETURN 'V00000';
    END IF;
    FOR place IN REVERSE 6..1 LOOP
        digit := strpos(digits, substr(last, place, 1));
        IF digit < length(digits) THEN
            RETURN left(last, place - 1) || substr(digits, digit + 1, 1) || repeat('0', 6 - place);
        END IF;
    END LOOP;
    RAISE EXCEPTION 'no rank is left at this end';
END $$;
-- Enter a team for this transaction, to read only if so, and check the token (none: p_session is null) as it is now.
CREATE FUNCTION enter(p_team text, p_session uuid, p_member uuid, p_role_version int, p_reads bool) RETURNS bool
LANGUAGE plpgsql VOLATILE AS $$
DECLARE ignored text;
BEGIN
    ignored := set_config('role', 'mediaflow_team', true);
    ignored := set_config('app.team_id', p_team, true);
    IF p_reads THEN
        ignored := set_config('transaction_read_only', 'on', true);
    END IF;
    IF p_session IS NOT NULL THEN
        ignored := authorise(p_session, p_member, p_role_version)::text;
    END IF;
    RETURN true;
END $$;
-- What one statement took for granted does not hold: it is done again, step by step.
CREATE FUNCTION in_vain() RETURNS text LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION 'in_vain' USING ERRCODE = 'MF422';
END $$;
""" + PLACE.format(more="done bool, end_rank text", found=NOW)


async def downgrade(db: BaseDBAsyncClient) -> str:
    return (
        PLACE.format(more="last_rank text", found=BEFORE)
        + "DROP FUNCTION rank_after(text), in_vain(), enter(text, uuid, uuid, int, bool);"
    )
