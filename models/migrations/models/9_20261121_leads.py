"""Leads, and what became of them."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE lead (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    email text,
    phone text,
    company text,
    position text,
    status text NOT NULL DEFAULT 'new'
        CHECK (status IN ('new', 'contacted', 'qualified', 'proposal', 'negotiation', 'won', 'lost')),
    stage text NOT NULL DEFAULT 'new',
    lost_reason text,
    score int NOT NULL DEFAULT 0 CHECK (score BETWEEN 0 AND 100),
    source text NOT NULL DEFAULT 'manual',
    value bigint CHECK (value >= 0),
    currency varchar(3) NOT NULL,
    assigned_to_id uuid,
    last_contact_at timestamptz,
    closed_at timestamptz,
    converted_at timestamptz,
    contact_id uuid,
    company_id uuid,
    project_id uuid,
    custom jsonb NOT NULL DEFAULT '{}',
    created_by uuid,
    search tsvector GENERATED ALWAYS AS
        (mediaflow_words(name, email, phone, company, position, mediaflow_texts(custom))) STORED,
    UNIQUE (team_id, id),
    CHECK ((status = 'lost') = (lost_reason IS NOT NULL)),
    CHECK ((status IN ('won', 'lost')) = (closed_at IS NOT NULL)),
    CHECK (converted_at IS NULL OR status = 'won'),
    FOREIGN KEY (team_id, assigned_to_id) REFERENCES member (team_id, user_id),
    FOREIGN KEY (team_id, contact_id) REFERENCES contact (team_id, id) ON DELETE SET NULL (contact_id),
    FOREIGN KEY (team_id, company_id) REFERENCES company (team_id, id) ON DELETE SET NULL (company_id),
    FOREIGN KEY (team_id, project_id) REFERENCES project (team_id, id) ON DELETE SET NULL (project_id)
) WITH (fillfactor = 85);
CREATE INDEX lead_created ON lead (team_id, created_at, id);
CREATE INDEX lead_updated ON lead (team_id, updated_at, id);
CREATE INDEX lead_name ON lead (team_id, name, id);
CREATE INDEX lead_score ON lead (team_id, score, id);
CREATE INDEX lead_stage ON lead (team_id, status, stage, updated_at, id);
CREATE INDEX lead_assigned ON lead (team_id, assigned_to_id) WHERE assigned_to_id IS NOT NULL;
CREATE INDEX lead_maker ON lead (team_id, created_by);
CREATE INDEX lead_contact ON lead (team_id, contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX lead_company ON lead (team_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX lead_project ON lead (team_id, project_id) WHERE project_id IS NOT NULL;
SELECT mediaflow_wall('lead'), mediaflow_searchable('lead'), mediaflow_subject('lead', 'lead');

CREATE FUNCTION lead_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM subject_key WHERE team_id = NEW.team_id AND subject_id = NEW.id;
    INSERT INTO subject_key (team_id, subject_id, type, value)
        SELECT NEW.team_id, NEW.id, k.type, k.value
        FROM (VALUES ('email', lower(NEW.email)), ('phone', NEW.phone)) AS k (type, value) WHERE k.value IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER keys_in AFTER INSERT ON lead FOR EACH ROW EXECUTE FUNCTION lead_keys();
CREATE TRIGGER keys_changed AFTER UPDATE ON lead FOR EACH ROW
    WHEN ((OLD.email, OLD.phone) IS DISTINCT FROM (NEW.email, NEW.phone)) EXECUTE FUNCTION lead_keys();
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION lead_search_ids(text);
DROP TABLE lead;
DROP FUNCTION lead_keys();
"""
