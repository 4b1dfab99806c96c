"""Paper: the team's logo, the documents that were printed, the certificates that sign them."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

RECORD = """
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, id)
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return f"""
ALTER TABLE team ADD logo jsonb;

-- A document as it was printed. `key` is the SHA-256 of all that it is made from, so that the same one is made once;
-- `object` is where the storage keeps it, once it is there, and `job_id` is who makes it until then.
CREATE TABLE paper ({RECORD},
    key text NOT NULL,
    job_id uuid,
    object text,
    sha256 text,
    size int,
    note jsonb NOT NULL DEFAULT '{{}}',
    made_at timestamptz,
    UNIQUE (team_id, key),
    CHECK ((object IS NULL) = (made_at IS NULL))
);

-- What seals the team's documents: the newest that is not retired. Retired ones are still known as the team's.
CREATE TABLE signing_certificate ({RECORD},
    fingerprint text NOT NULL,
    chain text NOT NULL,
    sealed_key text NOT NULL,
    own bool NOT NULL,
    retired_at timestamptz,
    UNIQUE (team_id, fingerprint)
);
CREATE UNIQUE INDEX signing_certificate_current ON signing_certificate (team_id) WHERE retired_at IS NULL;
SELECT mediaflow_wall('paper'), mediaflow_wall('signing_certificate');
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TABLE signing_certificate, paper;
ALTER TABLE team DROP COLUMN logo;
"""
