"""People who are in no team stay signed in: their token names only the session."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        -- Keys of those who are in no team yet are kept under no team.
        ALTER TABLE idempotency_key DROP CONSTRAINT idempotency_key_team_id_fkey;

        SET LOCAL ROLE mediaflow_system;
        CREATE OR REPLACE FUNCTION authorise(p_session uuid, p_member uuid, p_role_version int) RETURNS void
        LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
        DECLARE found_version int;
        BEGIN
            IF p_member = '00000000-0000-0000-0000-000000000000' THEN
                SELECT 0 INTO found_version FROM auth_session s WHERE s.id = p_session AND s.ended_at IS NULL;
            ELSE
                SELECT m.role_version INTO found_version
                    FROM member m
                    JOIN auth_session s ON s.id = p_session AND s.user_id = m.user_id AND s.ended_at IS NULL
                    JOIN team t ON t.id = m.team_id AND t.deleted_at IS NULL
                    WHERE m.id = p_member AND m.left_at IS NULL;
            END IF;
            IF found_version IS NULL THEN
                RAISE EXCEPTION 'token_revoked' USING ERRCODE = 'MF401';
            ELSIF found_version <> p_role_version THEN
                RAISE EXCEPTION 'role_changed' USING ERRCODE = 'MF403';
            END IF;
        END $$;
        RESET ROLE;
    """


async def downgrade(db: BaseDBAsyncClient) -> str:
    return ""
