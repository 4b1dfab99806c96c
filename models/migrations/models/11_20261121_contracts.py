"""Consultants and contracts."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

RECORD = """
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    custom jsonb NOT NULL DEFAULT '{}',
    created_by uuid,
    UNIQUE (team_id, id)
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return f"""
CREATE TABLE consultant ({RECORD},
    contact_id uuid NOT NULL,
    skills text[] NOT NULL DEFAULT '{{}}',
    day_rate bigint CHECK (day_rate >= 0),
    currency varchar(3) NOT NULL,
    available_from date,
    available_until date,
    search tsvector GENERATED ALWAYS AS (mediaflow_words(VARIADIC skills || mediaflow_texts(custom))) STORED,
    CHECK (available_until >= available_from),
    UNIQUE (team_id, contact_id),
    FOREIGN KEY (team_id, contact_id) REFERENCES contact (team_id, id)
);
CREATE INDEX consultant_created ON consultant (team_id, created_at, id);
CREATE INDEX consultant_rate ON consultant (team_id, COALESCE(day_rate, 9223372036854775807), id);
SELECT mediaflow_wall('consultant'), mediaflow_searchable('consultant'), mediaflow_subject('consultant', 'consultant');

CREATE TABLE contract ({RECORD},
    title text NOT NULL,
    company_id uuid,
    contact_id uuid,
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'active', 'expired', 'terminated')),
    value bigint CHECK (value >= 0),
    currency varchar(3) NOT NULL,
    start_on date,
    end_on date,
    notice_days int CHECK (notice_days >= 0),
    reminded_of date,
    search tsvector GENERATED ALWAYS AS (mediaflow_words(title, mediaflow_texts(custom))) STORED,
    CHECK (end_on >= start_on),
    FOREIGN KEY (team_id, company_id) REFERENCES company (team_id, id),
    FOREIGN KEY (team_id, contact_id) REFERENCES contact (team_id, id)
);
CREATE INDEX contract_created ON contract (team_id, created_at, id);
CREATE INDEX contract_title ON contract (team_id, title, id);
CREATE INDEX contract_end ON contract (team_id, COALESCE(end_on, 'infinity'::date), id);
CREATE INDEX contract_company ON contract (team_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX contract_contact ON contract (team_id, contact_id) WHERE contact_id IS NOT NULL;
-- What the clock looks for, in all teams.
CREATE INDEX contract_running ON contract (end_on) WHERE status = 'active' AND end_on IS NOT NULL;
SELECT mediaflow_wall('contract'), mediaflow_searchable('contract'), mediaflow_subject('contract', 'contract');
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION contract_search_ids(text), consultant_search_ids(text);
DROP TABLE contract, consultant;
"""
