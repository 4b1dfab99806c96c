"""Contacts and companies, and what hangs on every kind of record: tags, notes, activities."""

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

# Every record that things can hang on, whatever its kind, so that what hangs on it refers to it by a foreign key.
SUBJECTS = """
CREATE TABLE subject (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    id uuid NOT NULL,
    kind text NOT NULL,
    PRIMARY KEY (team_id, id),
    UNIQUE (team_id, kind, id)
);
-- By what a record is known elsewhere: e-mail addresses in lower case, phone numbers in E.164.
CREATE TABLE subject_key (
    team_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    type text NOT NULL CHECK (type IN ('email', 'phone')),
    value text NOT NULL,
    PRIMARY KEY (team_id, subject_id, type, value),
    FOREIGN KEY (team_id, subject_id) REFERENCES subject (team_id, id) ON DELETE CASCADE
);
CREATE INDEX subject_key_value ON subject_key (team_id, type, value, subject_id);
SELECT mediaflow_wall('subject'), mediaflow_wall('subject_key');

CREATE FUNCTION subject_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO subject (team_id, id, kind) VALUES (NEW.team_id, NEW.id, TG_ARGV[0]);
    RETURN NULL;
END $$;
CREATE FUNCTION subject_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM subject WHERE team_id = OLD.team_id AND id = OLD.id;
    RETURN NULL;
END $$;
CREATE FUNCTION mediaflow_subject(t regclass, kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- Triggers of one event run in the order of their names: the subject is there before its keys.
    EXECUTE format('CREATE TRIGGER a_subject_in AFTER INSERT ON %s FOR EACH ROW
        EXECUTE FUNCTION subject_in(%L)', t, kind);
    EXECUTE format('CREATE TRIGGER a_subject_out AFTER DELETE ON %s FOR EACH ROW EXECUTE FUNCTION subject_out()', t);
END $$;

-- All texts in a JSON value, for search.
CREATE FUNCTION mediaflow_texts(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT string_agg(v #>> '{}', ' ') FROM jsonb_path_query(value, 'strict $.** ? (@.type() == "string")') v
$$;
"""

COMPANIES = f"""
CREATE TABLE company ({RECORD},
    name text NOT NULL,
    domain text,
    parent_id uuid,
    address jsonb NOT NULL DEFAULT '{{}}',
    billing jsonb NOT NULL DEFAULT '{{}}',
    owner_id uuid,
    external_id text,
    custom jsonb NOT NULL DEFAULT '{{}}',
    created_by uuid,
    search tsvector GENERATED ALWAYS AS
        (mediaflow_words(name, domain, address ->> 'city', mediaflow_texts(custom))) STORED,
    CHECK (parent_id <> id),
    FOREIGN KEY (team_id, parent_id) REFERENCES company (team_id, id),
    FOREIGN KEY (team_id, owner_id) REFERENCES member (team_id, user_id)
);
CREATE INDEX company_created ON company (team_id, created_at, id);
CREATE INDEX company_updated ON company (team_id, updated_at, id);
CREATE INDEX company_name ON company (team_id, name, id);
CREATE INDEX company_parent ON company (team_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX company_owner ON company (team_id, owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX company_maker ON company (team_id, created_by);
CREATE INDEX company_domain ON company (team_id, domain) WHERE domain IS NOT NULL;
CREATE UNIQUE INDEX company_external ON company (team_id, external_id) WHERE external_id IS NOT NULL;
SELECT mediaflow_wall('company'), mediaflow_searchable('company'), mediaflow_subject('company', 'company');
"""

CONTACTS = f"""
CREATE TABLE contact ({RECORD},
    kind text NOT NULL DEFAULT 'client' CHECK (kind IN ('client', 'vendor', 'freelancer', 'consultant')),
    name text NOT NULL,
    emails jsonb NOT NULL DEFAULT '[]',
    phones jsonb NOT NULL DEFAULT '[]',
    company_id uuid,
    title text,
    address jsonb NOT NULL DEFAULT '{{}}',
    owner_id uuid,
    consent jsonb NOT NULL DEFAULT '{{}}',
    external_id text,
    custom jsonb NOT NULL DEFAULT '{{}}',
    created_by uuid,
    search tsvector GENERATED ALWAYS AS (mediaflow_words(name, title, address ->> 'city', mediaflow_texts(custom),
        jsonb_path_query_array(emails, '$[*].email')::text, jsonb_path_query_array(phones, '$[*].phone')::text)) STORED,
    FOREIGN KEY (team_id, company_id) REFERENCES company (team_id, id),
    FOREIGN KEY (team_id, owner_id) REFERENCES member (team_id, user_id)
);
CREATE INDEX contact_created ON contact (team_id, created_at, id);
CREATE INDEX contact_updated ON contact (team_id, updated_at, id);
CREATE INDEX contact_name ON contact (team_id, name, id);
CREATE INDEX contact_company ON contact (team_id, company_id) WHERE company_id IS NOT NULL;
CREATE INDEX contact_owner ON contact (team_id, owner_id) WHERE owner_id IS NOT NULL;
CREATE INDEX contact_maker ON contact (team_id, created_by);
CREATE UNIQUE INDEX contact_external ON contact (team_id, external_id) WHERE external_id IS NOT NULL;
SELECT mediaflow_wall('contact'), mediaflow_searchable('contact'), mediaflow_subject('contact', 'contact');

CREATE FUNCTION contact_keys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM subject_key WHERE team_id = NEW.team_id AND subject_id = NEW.id;
    INSERT INTO subject_key (team_id, subject_id, type, value)
        SELECT NEW.team_id, NEW.id, 'email', e FROM jsonb_path_query(NEW.emails, '$[*].email') v, lower(v #>> '{{}}') e
        UNION SELECT NEW.team_id, NEW.id, 'phone', v #>> '{{}}' FROM jsonb_path_query(NEW.phones, '$[*].phone') v;
    RETURN NULL;
END $$;
CREATE TRIGGER keys_in AFTER INSERT ON contact FOR EACH ROW EXECUTE FUNCTION contact_keys();
CREATE TRIGGER keys_changed AFTER UPDATE ON contact FOR EACH ROW
    WHEN (OLD.emails <> NEW.emails OR OLD.phones <> NEW.phones) EXECUTE FUNCTION contact_keys();
"""

ATTACHED = f"""
CREATE TABLE tag ({RECORD},
    name text NOT NULL,
    color text,
    -- The row of a deleted tag stays: what had it shows that it has changed.
    deleted_at timestamptz
);
CREATE UNIQUE INDEX tag_name ON tag (team_id, lower(name)) WHERE deleted_at IS NULL;
CREATE TABLE tagging (
    team_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    tag_id uuid NOT NULL,
    PRIMARY KEY (team_id, subject_id, tag_id),
    FOREIGN KEY (team_id, subject_id) REFERENCES subject (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, tag_id) REFERENCES tag (team_id, id) ON DELETE CASCADE
);
CREATE INDEX tagging_tag ON tagging (team_id, tag_id, subject_id);

CREATE TABLE note ({RECORD},
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    author_id uuid NOT NULL,
    body text NOT NULL,
    FOREIGN KEY (team_id, subject_kind, subject_id) REFERENCES subject (team_id, kind, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, author_id) REFERENCES member (team_id, user_id)
);
CREATE INDEX note_subject ON note (team_id, subject_id, created_at, id);

CREATE TABLE activity ({RECORD},
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('call', 'meeting', 'email', 'note', 'other')),
    title text NOT NULL,
    description text,
    at timestamptz NOT NULL,
    author_id uuid NOT NULL,
    FOREIGN KEY (team_id, subject_kind, subject_id) REFERENCES subject (team_id, kind, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, author_id) REFERENCES member (team_id, user_id)
);
CREATE INDEX activity_subject ON activity (team_id, subject_id, at, id);
CREATE INDEX activity_at ON activity (team_id, at, id);
SELECT mediaflow_wall('tag'), mediaflow_wall('tagging'), mediaflow_wall('note'), mediaflow_wall('activity');

-- The record on whose feed a fact is read, when it is not the fact's subject: the contact that a note hangs on.
ALTER TABLE event ADD record_id uuid GENERATED ALWAYS AS ((detail ->> 'record_id')::uuid) STORED;
CREATE INDEX event_record ON event (team_id, record_id, at DESC, id DESC) WHERE record_id IS NOT NULL;

ALTER TABLE project ADD FOREIGN KEY (team_id, client_id) REFERENCES subject (team_id, id);
CREATE INDEX project_client ON project (team_id, client_id) WHERE client_id IS NOT NULL;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return SUBJECTS + COMPANIES + CONTACTS + ATTACHED


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
ALTER TABLE project DROP CONSTRAINT project_team_id_client_id_fkey;
DROP INDEX project_client;
ALTER TABLE event DROP record_id;
DROP FUNCTION contact_search_ids(text), company_search_ids(text);
DROP TABLE activity, note, tagging, tag, contact, company, subject_key, subject;
DROP FUNCTION contact_keys(), mediaflow_subject(regclass, text), subject_in(), subject_out(), mediaflow_texts(jsonb);
"""
