"""What a new record's check of the team's own fields costs no trip with: see `server/settings/custom_fields.py`."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- Raises when the team of the transaction asks for fields of its own on this kind of record.
CREATE FUNCTION none_required(p_entity text) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (SELECT FROM custom_field WHERE entity = p_entity AND required AND deleted_at IS NULL) THEN
        RAISE EXCEPTION 'fields_required' USING ERRCODE = 'MF422';
    END IF;
END $$;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return "DROP FUNCTION none_required(text);"
