"""The walls between teams, people, the event log and jobs."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

ROLES = """
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['mediaflow_team', 'mediaflow_system'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    -- A login that inherits the system role would pass both walls silently: it must only be able to SET ROLE.
    IF current_setting('server_version_num')::int >= 160000 THEN
        BEGIN
            EXECUTE format('GRANT mediaflow_team, mediaflow_system TO %I WITH INHERIT FALSE, SET TRUE', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            -- Another database's login has made them, so that one or a superuser grants them.
            IF pg_has_role('mediaflow_system', 'USAGE') OR NOT pg_has_role('mediaflow_team', 'SET')
                OR NOT pg_has_role('mediaflow_system', 'SET') THEN
                RAISE insufficient_privilege USING MESSAGE = format(
                    'another login has made the roles: let it, or a superuser, '
                    'GRANT mediaflow_team, mediaflow_system TO %I WITH INHERIT FALSE, SET TRUE', current_user);
            END IF;
        END;
    ELSE
        EXECUTE format('GRANT mediaflow_team, mediaflow_system TO %I', current_user);
        -- A database's owner owns its schema by inheritance, which ends below: the rights are given by name before.
        EXECUTE format('ALTER ROLE %I INHERIT', current_user);
        EXECUTE format('GRANT USAGE, CREATE ON SCHEMA public TO %I', current_user);
    END IF;
END $$;
CREATE EXTENSION IF NOT EXISTS unaccent;
DO $$
BEGIN
    -- A search forgives typos by it; a server that lacks it is told of in `server/system/checks.py`.
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO mediaflow_team, mediaflow_system;
GRANT CREATE ON SCHEMA public TO mediaflow_system;
DO $$
BEGIN
    IF current_setting('server_version_num')::int < 160000 THEN
        EXECUTE format('ALTER ROLE %I NOINHERIT', current_user);
    END IF;
END $$;
"""

FUNCTIONS = """
CREATE FUNCTION mediaflow_wall(t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY team ON %s TO mediaflow_team USING (team_id = current_setting(''app.team_id'')::uuid)
        WITH CHECK (team_id = current_setting(''app.team_id'')::uuid)', t);
    EXECUTE format('CREATE POLICY system ON %s TO mediaflow_system USING (true) WITH CHECK (true)', t);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO mediaflow_team, mediaflow_system', t);
END $$;

-- unaccent() is only STABLE because its dictionary may change; ours does not, and generated columns need IMMUTABLE.
CREATE FUNCTION mediaflow_fold(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $$ SELECT regexp_replace(lower(public.unaccent('public.unaccent', value)), '[[:punct:][:space:]]+', ' ', 'g') $$;
CREATE FUNCTION mediaflow_words(VARIADIC parts text[]) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT to_tsvector('pg_catalog.simple', public.mediaflow_fold(array_to_string(parts, ' '))) $$;
-- Every word of the query as a prefix, all of them wanted; a query without a word finds nothing.
CREATE FUNCTION mediaflow_prefixes(q text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(string_agg(quote_literal(lexeme) || ':*', ' & '), '')::tsquery
        FROM unnest(to_tsvector('pg_catalog.simple', public.mediaflow_fold(q)))
$$;
CREATE FUNCTION mediaflow_time(value timestamptz) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $$ SELECT to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') $$;

-- `@@` is not leakproof, so a policy keeps the planner from the GIN index: search runs as the system role and
-- filters by the team itself.
CREATE FUNCTION mediaflow_searchable(t regclass) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE INDEX %I ON %s USING gin (search)', t::text || '_search', t);
    EXECUTE format('CREATE FUNCTION %I(q text) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
        SET search_path = public, pg_temp AS
        ''SELECT id FROM %s WHERE search @@ mediaflow_prefixes(q)
            AND team_id = current_setting(''''app.team_id'''')::uuid''', t::text || '_search_ids', t);
    EXECUTE format('ALTER FUNCTION %I(text) OWNER TO mediaflow_system', t::text || '_search_ids');
END $$;
"""

IDENTITY = """
CREATE TABLE aerich (
    id serial PRIMARY KEY, version varchar(255) NOT NULL, app varchar(100) NOT NULL, content jsonb NOT NULL
);
CREATE TABLE app_user (
    id uuid PRIMARY KEY,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    email text NOT NULL,
    email_verified bool NOT NULL DEFAULT false,
    name text NOT NULL,
    timezone text NOT NULL DEFAULT 'UTC',
    language text NOT NULL DEFAULT 'en',
    avatar_url text,
    password_hash text NOT NULL,
    totp_secret text,
    two_factor bool NOT NULL DEFAULT false,
    totp_last_step bigint NOT NULL DEFAULT 0,
    recovery_hashes text[] NOT NULL DEFAULT '{}',
    deactivated_at timestamptz
);
CREATE UNIQUE INDEX app_user_email ON app_user (lower(email));
CREATE TABLE team (
    id uuid PRIMARY KEY,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    name text NOT NULL,
    slug text NOT NULL UNIQUE,
    currency varchar(3) NOT NULL DEFAULT 'EUR',
    settings jsonb NOT NULL DEFAULT '{}',
    business jsonb NOT NULL DEFAULT '{}',
    deleted_at timestamptz
);
CREATE TABLE member (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    user_id uuid NOT NULL REFERENCES app_user,
    role text NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'member')),
    role_version int NOT NULL DEFAULT 1,
    joined_at timestamptz NOT NULL DEFAULT now(),
    -- Who left stays in the table: what they wrote still names them.
    left_at timestamptz,
    UNIQUE (team_id, id),
    UNIQUE (team_id, user_id)
);
CREATE INDEX member_user ON member (user_id);
CREATE TABLE auth_session (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES app_user ON DELETE CASCADE,
    team_id uuid REFERENCES team ON DELETE SET NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_because text,
    refresh_hash bytea NOT NULL UNIQUE,
    -- Begun by our own pages: no answer may show its refresh token to a script.
    in_cookie bool NOT NULL DEFAULT false,
    user_agent text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT ''
);
CREATE INDEX auth_session_user ON auth_session (user_id) WHERE ended_at IS NULL;

SELECT mediaflow_wall('member');

ALTER TABLE app_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE app_user FORCE ROW LEVEL SECURITY;
CREATE POLICY team ON app_user FOR SELECT TO mediaflow_team
    USING (EXISTS (SELECT 1 FROM member m WHERE m.user_id = app_user.id));
CREATE POLICY system ON app_user TO mediaflow_system USING (true) WITH CHECK (true);
GRANT SELECT (id, version, created_at, updated_at, email, email_verified, name, timezone, language, avatar_url,
    two_factor, deactivated_at) ON app_user TO mediaflow_team;
GRANT SELECT, INSERT, UPDATE, DELETE ON app_user TO mediaflow_system;

ALTER TABLE team ENABLE ROW LEVEL SECURITY;
ALTER TABLE team FORCE ROW LEVEL SECURITY;
CREATE POLICY team ON team TO mediaflow_team USING (id = current_setting('app.team_id')::uuid)
    WITH CHECK (id = current_setting('app.team_id')::uuid);
CREATE POLICY system ON team TO mediaflow_system USING (true) WITH CHECK (true);
GRANT SELECT, UPDATE ON team TO mediaflow_team;
GRANT SELECT, INSERT, UPDATE, DELETE ON team TO mediaflow_system;

-- Sessions belong to a person, not to a team: only the system role touches them.
ALTER TABLE auth_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth_session FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON auth_session TO mediaflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON auth_session TO mediaflow_system;

-- Called in the message that begins each transaction, so that a token is checked in the snapshot it reads.
CREATE FUNCTION authorise(p_session uuid, p_member uuid, p_role_version int) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_version int;
BEGIN
    SELECT m.role_version INTO found_version
        FROM member m
        JOIN auth_session s ON s.id = p_session AND s.user_id = m.user_id AND s.ended_at IS NULL
        JOIN team t ON t.id = m.team_id AND t.deleted_at IS NULL
        WHERE m.id = p_member AND m.left_at IS NULL;
    IF found_version IS NULL THEN
        RAISE EXCEPTION 'token_revoked' USING ERRCODE = 'MF401';
    ELSIF found_version <> p_role_version THEN
        RAISE EXCEPTION 'role_changed' USING ERRCODE = 'MF403';
    END IF;
END $$;
ALTER FUNCTION authorise(uuid, uuid, int) OWNER TO mediaflow_system;
"""

EVENT_LOG = """
CREATE TABLE stream (
    room varchar(255) PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    epoch text NOT NULL DEFAULT replace(gen_random_uuid()::text, '-', ''),
    head bigint NOT NULL DEFAULT 0,
    floor bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, room)
) WITH (fillfactor = 50);
CREATE TABLE event (
    id uuid PRIMARY KEY,
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    type text NOT NULL,
    at timestamptz NOT NULL,
    actor jsonb NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    subject_version int NOT NULL,
    project_id uuid,
    data jsonb,
    changes jsonb,
    detail jsonb,
    request_id text NOT NULL DEFAULT '',
    address text NOT NULL DEFAULT '',
    UNIQUE (team_id, id)
);
CREATE INDEX event_project ON event (team_id, project_id, at DESC, id DESC) WHERE project_id IS NOT NULL;
CREATE INDEX event_subject ON event (team_id, subject_id, at DESC, id DESC);
CREATE TABLE stream_entry (
    room varchar(255) NOT NULL,
    seq bigint NOT NULL,
    team_id uuid NOT NULL,
    event_id uuid NOT NULL,
    type text NOT NULL,
    at timestamptz NOT NULL,
    wire text NOT NULL,
    -- The rights that the fact takes away in this room (server/core/events.py: Ending), acted on at this seq.
    ends text,
    PRIMARY KEY (room, seq),
    FOREIGN KEY (team_id, room) REFERENCES stream (team_id, room) ON DELETE CASCADE,
    FOREIGN KEY (team_id, event_id) REFERENCES event (team_id, id) ON DELETE CASCADE
);
CREATE TABLE delivery (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    team_id uuid NOT NULL,
    event_id uuid NOT NULL,
    follower text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'done', 'dead')),
    attempt int NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL DEFAULT now(),
    last_error text,
    done_at timestamptz,
    UNIQUE (event_id, follower),
    FOREIGN KEY (team_id, event_id) REFERENCES event (team_id, id) ON DELETE CASCADE
);
CREATE INDEX delivery_due ON delivery (follower, run_at) WHERE state = 'queued';
SELECT mediaflow_wall('stream'), mediaflow_wall('event'), mediaflow_wall('stream_entry'), mediaflow_wall('delivery');
"""

JOBS = """
CREATE TABLE job (
    id uuid PRIMARY KEY,
    team_id uuid REFERENCES team ON DELETE CASCADE,
    created_by uuid,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    queue text NOT NULL DEFAULT 'fast',
    args jsonb NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'dead', 'cancelled')),
    run_at timestamptz NOT NULL DEFAULT now(),
    attempt int NOT NULL DEFAULT 0,
    max_attempts int NOT NULL DEFAULT 5,
    lease_until timestamptz,
    worker text,
    progress int NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    step text,
    last_error text,
    result jsonb,
    cancel_requested bool NOT NULL DEFAULT false,
    started_at timestamptz,
    finished_at timestamptz,
    dedupe text,
    request_id text NOT NULL DEFAULT ''
);
CREATE INDEX job_due ON job (run_at) WHERE state = 'queued';
CREATE INDEX job_leased ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_team ON job (team_id, created_at DESC);
CREATE UNIQUE INDEX job_dedupe ON job (kind, dedupe) WHERE dedupe IS NOT NULL;
-- Some jobs belong to no team (a password mail): the team policy simply never matches them.
SELECT mediaflow_wall('job');

CREATE TABLE cron_fire (
    name varchar(255) NOT NULL, at timestamptz NOT NULL, job_id uuid, PRIMARY KEY (name, at)
);
ALTER TABLE cron_fire ENABLE ROW LEVEL SECURITY;
ALTER TABLE cron_fire FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON cron_fire TO mediaflow_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON cron_fire TO mediaflow_system;

CREATE TABLE idempotency_key (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    caller uuid NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status int,
    headers jsonb,
    body bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, caller, method, path, key)
);
CREATE INDEX idempotency_key_age ON idempotency_key (created_at);
SELECT mediaflow_wall('idempotency_key');
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return ROLES + FUNCTIONS + IDENTITY + EVENT_LOG + JOBS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TABLE idempotency_key, cron_fire, job, delivery, stream_entry, event, stream, auth_session, member, team, app_user
    CASCADE;
DROP FUNCTION authorise(uuid, uuid, int), mediaflow_searchable(regclass), mediaflow_time(timestamptz),
    mediaflow_prefixes(text), mediaflow_words(text[]), mediaflow_fold(text), mediaflow_wall(regclass);
"""
