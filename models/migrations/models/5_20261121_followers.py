"""What follows a fact: notifications, the audit chain, reminders; and the mailbox of development."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

NOTIFICATIONS = """
CREATE TABLE notification (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    member_id uuid NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    title text NOT NULL,
    body text NOT NULL DEFAULT '',
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    project_id uuid,
    read_at timestamptz,
    UNIQUE (team_id, id),
    UNIQUE (team_id, member_id, event_id),
    FOREIGN KEY (team_id, member_id) REFERENCES member (team_id, id) ON DELETE CASCADE
);
CREATE INDEX notification_newest ON notification (team_id, member_id, created_at DESC, id DESC);
CREATE INDEX notification_unread ON notification (team_id, member_id) WHERE read_at IS NULL;
SELECT mediaflow_wall('notification');

-- A task is due soon once per due date, however often the schedule looks.
CREATE TABLE due_reminder (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    task_id uuid NOT NULL,
    due_at timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, due_at)
);
SELECT mediaflow_wall('due_reminder');
-- A long queue of one class must not be read through to find the next job of another.
DROP INDEX job_due;
CREATE INDEX job_due ON job (queue, run_at) WHERE state = 'queued';
CREATE INDEX task_due_soon ON task (due_at) WHERE completed_at IS NULL AND due_at IS NOT NULL;
"""

AUDIT = """
CREATE TABLE audit_entry (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL,
    seq bigint NOT NULL,
    event_id uuid NOT NULL,
    at timestamptz NOT NULL,
    action text NOT NULL,
    actor_kind text NOT NULL,
    actor_id text NOT NULL,
    actor_name text NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    subject_version int NOT NULL,
    project_id uuid,
    changes jsonb,
    detail jsonb,
    address text NOT NULL,
    request_id text NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL,
    UNIQUE (team_id, id),
    UNIQUE (team_id, seq),
    UNIQUE (team_id, event_id)
);
CREATE TABLE audit_head (team_id uuid PRIMARY KEY, seq bigint NOT NULL, hash bytea NOT NULL);

-- No wall of the usual kind: nobody may change or remove a row, not even the system.
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
CREATE POLICY team ON audit_entry FOR SELECT TO mediaflow_team USING (team_id = current_setting('app.team_id')::uuid);
CREATE POLICY system_reads ON audit_entry FOR SELECT TO mediaflow_system USING (true);
CREATE POLICY system_appends ON audit_entry FOR INSERT TO mediaflow_system WITH CHECK (true);
GRANT SELECT ON audit_entry TO mediaflow_team;
GRANT SELECT, INSERT ON audit_entry TO mediaflow_system;
ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_head FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON audit_head TO mediaflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON audit_head TO mediaflow_system;

CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'MF409';
END $$;
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_stays();
CREATE TRIGGER audit_entry_is_not_emptied BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays();
"""

MAILBOX = """
CREATE TABLE dev_mail (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    text text NOT NULL,
    html text NOT NULL,
    links text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX dev_mail_newest ON dev_mail (at DESC, id DESC);
ALTER TABLE dev_mail ENABLE ROW LEVEL SECURITY;
ALTER TABLE dev_mail FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON dev_mail TO mediaflow_system USING (true) WITH CHECK (true);
-- A team's mail job writes it in the transaction that ends the job; nobody but the system reads it.
CREATE POLICY team_appends ON dev_mail FOR INSERT TO mediaflow_team WITH CHECK (true);
GRANT SELECT, INSERT, DELETE ON dev_mail TO mediaflow_system;
GRANT INSERT ON dev_mail TO mediaflow_team;
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return NOTIFICATIONS + AUDIT + MAILBOX


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP INDEX task_due_soon, job_due;
CREATE INDEX job_due ON job (run_at) WHERE state = 'queued';
DROP TABLE dev_mail, audit_entry, audit_head, due_reminder, notification CASCADE;
DROP FUNCTION audit_entry_stays();
"""
