"""Web-to-lead forms, and what a lead keeps of the one that it came by."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
CREATE TABLE form (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    active boolean NOT NULL DEFAULT true,
    -- No secret: it is the address of a page that everybody may see.
    token text NOT NULL,
    title text,
    intro text,
    button text,
    thanks text,
    thanks_url text,
    inputs jsonb NOT NULL,
    origins text[] NOT NULL DEFAULT '{}',
    consent_text text,
    consent_required boolean NOT NULL DEFAULT false,
    assigned_to_id uuid,
    stage text,
    tag_ids uuid[] NOT NULL DEFAULT '{}',
    created_by uuid,
    UNIQUE (team_id, id),
    FOREIGN KEY (team_id, assigned_to_id) REFERENCES member (team_id, user_id)
);
CREATE UNIQUE INDEX form_token ON form (token);
CREATE INDEX form_created ON form (team_id, created_at, id);
CREATE INDEX form_name ON form (team_id, name, id);
CREATE INDEX form_assigned ON form (team_id, assigned_to_id) WHERE assigned_to_id IS NOT NULL;
SELECT mediaflow_wall('form');

-- `form` is {id, name} of the form, which may be gone since.
ALTER TABLE lead ADD message text, ADD consent jsonb NOT NULL DEFAULT '{}', ADD form jsonb;
CREATE INDEX lead_form ON lead (team_id, ((form ->> 'id')::uuid)) WHERE form IS NOT NULL;
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
ALTER TABLE lead DROP message, DROP consent, DROP form;
DROP TABLE form;
"""
