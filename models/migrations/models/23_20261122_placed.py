"""Entering a team and checking a token as one statement; a new card finds its place in the statement that adds it."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# Beside `board_place`, which processes of the version before still call while this one comes up.
BOARD_END = """
CREATE FUNCTION board_end(p_team uuid, p_project uuid, p_status text)
RETURNS TABLE (status text, columns jsonb, done bool, end_rank text) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE place record;
BEGIN
    SELECT p.status, p.columns, p.last_rank INTO place FROM board_place(p_team, p_project, p_status) p;
    RETURN QUERY SELECT place.status, place.columns,
        (SELECT (c ->> 'done')::bool FROM jsonb_array_elements(place.columns) c WHERE c ->> 'key' = place.status),
        rank_after(place.last_rank);
END $$;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return (
        f"""
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
"""
        + BOARD_END
    )


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
    DROP FUNCTION board_end(uuid, uuid, text), rank_after(text), in_vain(), enter(text, uuid, uuid, int, bool);
    """
