"""Where the log lies, so that a restored database is noticed; and backups by the system role."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE log_place (place text NOT NULL);
-- `pg_dump --role=mediaflow_system` has to read everything: forced policies stop the owner, and we need no superuser.
GRANT SELECT ON log_place, aerich TO mediaflow_system;
GRANT SELECT ON SEQUENCE aerich_id_seq TO mediaflow_system;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
REVOKE SELECT ON SEQUENCE aerich_id_seq FROM mediaflow_system;
REVOKE SELECT ON aerich FROM mediaflow_system;
DROP TABLE log_place;
"""
