"""What has become of a recipient's last mail."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
-- The job that sends the last mail, and what its sender was told of it when it did not get through.
ALTER TABLE proposal_recipient
    ADD mail_job_id uuid,
    ADD mail_told text CHECK (mail_told IN ('delayed', 'failed'));
CREATE INDEX proposal_recipient_mail ON proposal_recipient (mail_job_id)
    WHERE mail_job_id IS NOT NULL AND mail_told IS DISTINCT FROM 'failed';
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP INDEX proposal_recipient_mail;
ALTER TABLE proposal_recipient DROP COLUMN mail_job_id, DROP COLUMN mail_told;
"""
