"""One search over every kind of record; see `docs/decisions/search.md`."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True

ENTRY = """
CREATE TABLE search_entry (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    kind text NOT NULL,
    id uuid NOT NULL,
    -- Folded, compared byte by byte: what begins like the query is found by the index.
    title text COLLATE "C" NOT NULL,
    -- Each word behind its team's mark, so that a search reads what is the team's own; a tag as # and its id.
    words tsvector NOT NULL,
    PRIMARY KEY (team_id, id)
);
-- What waits to be put into the index is read by every search: not much may wait.
CREATE INDEX search_entry_words ON search_entry USING gin (words) WITH (gin_pending_list_limit = 64);
CREATE INDEX search_entry_title ON search_entry (team_id, title);
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE INDEX search_entry_alike ON search_entry USING gin (title gin_trgm_ops)
            WITH (gin_pending_list_limit = 64);
    END IF;
END $$;
SELECT mediaflow_wall('search_entry');

CREATE FUNCTION search_mark(team uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT right(team::text, 8) || '/' $$;
CREATE FUNCTION search_words(q text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT left(lexeme, 40) FROM unnest(to_tsvector('pg_catalog.simple', public.mediaflow_fold(q)))
$$;
CREATE FUNCTION search_title(title text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT left(btrim(public.mediaflow_fold(coalesce(title, ''))), 200) $$;
"""

# A kind joins by `mediaflow_findable`: its title and texts over the row `r`, and the columns that these are made of.
# The triggers act as the system, since a cascade acts as the table's owner, who sees nothing.
JOINING = """
CREATE FUNCTION search_out() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM search_entry WHERE team_id = OLD.team_id AND id = OLD.id;
    RETURN NULL;
END $$;
ALTER FUNCTION search_out() OWNER TO mediaflow_system;

CREATE FUNCTION mediaflow_findable(t regclass, kind text, title text, texts text, columns text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE FUNCTION %I(r %s) RETURNS TABLE (title text, texts text) LANGUAGE sql STABLE AS
        ''SELECT %s, %s''', t || '_found', t, replace(title, '''', ''''''), replace(texts, '''', ''''''));
    EXECUTE format('CREATE FUNCTION %I(r %s) RETURNS SETOF search_entry LANGUAGE sql STABLE AS
        ''SELECT r.team_id, ''%L'', r.id, search_title(f.title), array_to_tsvector(ARRAY(
              SELECT search_mark(r.team_id) || w FROM search_words(concat_ws('''' '''', f.title, f.texts)) w
              UNION ALL SELECT ''''#'''' || tag_id FROM tagging WHERE team_id = r.team_id AND subject_id = r.id))
          FROM %I(r) f''', t || '_entry', t, kind, t || '_found');
    EXECUTE format('CREATE FUNCTION %I() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $f$
        BEGIN
            INSERT INTO search_entry SELECT * FROM %I(NEW)
                ON CONFLICT (team_id, id) DO UPDATE SET title = excluded.title, words = excluded.words;
            RETURN NULL;
        END $f$', t || '_enters', t || '_entry');
    EXECUTE format('ALTER FUNCTION %I() OWNER TO mediaflow_system', t || '_enters');
    EXECUTE format('CREATE TRIGGER search_in AFTER INSERT OR UPDATE OF %s ON %s FOR EACH ROW EXECUTE FUNCTION %I()',
        columns, t, t || '_enters');
    EXECUTE format('CREATE TRIGGER search_out AFTER DELETE ON %s FOR EACH ROW EXECUTE FUNCTION search_out()', t);
    SET LOCAL ROLE mediaflow_system;
    EXECUTE format('INSERT INTO search_entry SELECT e.* FROM %s r, %I(r) e', t, t || '_entry');
    RESET ROLE;
END $$;

CREATE FUNCTION search_tagged() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE search_entry SET words = words || array_to_tsvector(ARRAY['#' || NEW.tag_id])
            WHERE team_id = NEW.team_id AND id = NEW.subject_id;
    ELSE
        UPDATE search_entry SET words = ts_delete(words, '#' || OLD.tag_id)
            WHERE team_id = OLD.team_id AND id = OLD.subject_id;
    END IF;
    RETURN NULL;
END $$;
ALTER FUNCTION search_tagged() OWNER TO mediaflow_system;
CREATE TRIGGER search_tagged AFTER INSERT OR DELETE ON tagging FOR EACH ROW EXECUTE FUNCTION search_tagged();

-- A consultant is called as their contact is.
CREATE FUNCTION search_renamed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE consultant SET contact_id = contact_id WHERE team_id = NEW.team_id AND contact_id = NEW.id;
    RETURN NULL;
END $$;
ALTER FUNCTION search_renamed() OWNER TO mediaflow_system;
CREATE TRIGGER search_renamed AFTER UPDATE OF name ON contact FOR EACH ROW EXECUTE FUNCTION search_renamed();
"""

# `open` are kinds of which all may be found, `within` ids of others. Each finds `most` at most, those that begin like
# the query first. They act as the system, for the reason in `mediaflow_searchable`, and ask for the team themselves.
FINDING = """
CREATE FUNCTION search_asked(team uuid, words text[], number text) RETURNS tsquery LANGUAGE sql STABLE AS $$
    WITH own AS (
        SELECT id, ' ' || mediaflow_fold(name) AS name FROM tag
        WHERE team_id = team AND deleted_at IS NULL ORDER BY id LIMIT 1000
    )
    SELECT concat_ws(' | ',
        (SELECT string_agg(format('(%L:*%s)', search_mark(team) || w, (
            SELECT string_agg(format(' | %L', '#' || own.id), '') FROM own WHERE own.name LIKE '% ' || w || '%'
        )), ' & ') FROM unnest(words) w),
        format('%L:*', search_mark(team) || number))::tsquery
$$;

CREATE FUNCTION search_find(q text, number text, open text[], within uuid[], most int)
RETURNS TABLE (kind text, id uuid, score real) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    team uuid := current_setting('app.team_id')::uuid;
    begins text := search_title(q);
    words text[] := ARRAY(SELECT * FROM search_words(q) LIMIT 10);
    asked tsquery;
BEGIN
    IF words = '{}' THEN
        RETURN;
    END IF;
    asked := search_asked(team, words, number);
    RETURN QUERY WITH hit AS (
        (SELECT e.kind, e.id, e.title FROM search_entry e
            WHERE e.team_id = team AND e.title >= begins AND e.title < begins || chr(1114111)
                AND (e.kind = ANY(open) OR e.id = ANY(within)) ORDER BY e.title LIMIT 200)
        UNION
        (SELECT e.kind, e.id, e.title FROM search_entry e
            WHERE e.words @@ asked AND e.team_id = team AND (e.kind = ANY(open) OR e.id = ANY(within)) LIMIT most)
    )
    SELECT h.kind, h.id, (CASE WHEN h.title = begins THEN 1 WHEN starts_with(h.title, begins) THEN 0.9
        ELSE 0.5 + 0.3 * (SELECT avg((' ' || h.title LIKE '% ' || w || '%')::int) FROM unnest(words) w) END)::real
    FROM hit h;
END $$;

CREATE FUNCTION search_alike(q text, open text[], within uuid[], most int)
RETURNS TABLE (kind text, id uuid, score real) LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    team uuid := current_setting('app.team_id')::uuid;
    asked_for text := search_title(q);
    said text[] := ARRAY(SELECT * FROM search_words(q) LIMIT 10);
BEGIN
    IF length(asked_for) < 3 THEN
        RETURN;
    ELSIF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        -- Not `SET` on the function: that is refused where the extension is not loaded, as when a dump is restored.
        PERFORM set_config('pg_trgm.word_similarity_threshold', '0.5', true);
        RETURN QUERY SELECT e.kind, e.id, (0.5 * word_similarity(asked_for, e.title))::real FROM search_entry e
            WHERE asked_for <% e.title AND e.team_id = team AND (e.kind = ANY(open) OR e.id = ANY(within))
            ORDER BY 3 DESC, 2 DESC LIMIT most;
    ELSIF said <> '{}' THEN
        -- Without it what is mistaken behind the first half of each word is forgiven.
        said := ARRAY(SELECT left(w, greatest(3, length(w) / 2)) FROM unnest(said) w);
        RETURN QUERY SELECT e.kind, e.id, 0.25::real FROM search_entry e
            WHERE e.words @@ search_asked(team, said, NULL) AND e.team_id = team
                AND (e.kind = ANY(open) OR e.id = ANY(within)) LIMIT most;
    END IF;
END $$;
ALTER FUNCTION search_find(text, text, text[], uuid[], int) OWNER TO mediaflow_system;
ALTER FUNCTION search_alike(text, text[], uuid[], int) OWNER TO mediaflow_system;
"""

# By kind: title, texts, columns.
TASKS = "concat_ws(' · ', {}, mediaflow_texts(r.custom))"
KINDS = {
    "contact": (
        "r.name",
        TASKS.format(
            "r.title, (SELECT string_agg(v #>> '{}', ' · ') FROM jsonb_path_query(r.emails, '$[*].email') v), "
            "(SELECT string_agg(v #>> '{}', ' · ') FROM jsonb_path_query(r.phones, '$[*].phone') v), "
            "nullif(r.address ->> 'city', '')"
        ),
        "name, title, emails, phones, address, custom",
    ),
    "company": (
        "r.name",
        TASKS.format("r.domain, nullif(r.address ->> 'city', '')"),
        "name, domain, address, custom",
    ),
    "lead": (
        "r.name",
        TASKS.format("r.email, r.phone, r.company, r.position"),
        "name, email, phone, company, position, custom",
    ),
    "consultant": (
        "(SELECT c.name FROM public.contact c WHERE c.team_id = r.team_id AND c.id = r.contact_id)",
        TASKS.format("array_to_string(r.skills, ' · ')"),
        "contact_id, skills, custom",
    ),
    "contract": ("r.title", TASKS.format("NULL"), "title, custom"),
    "project": ("r.name", TASKS.format("r.description"), "name, description, custom"),
    "task": (
        "r.title",
        TASKS.format("r.description, array_to_string(r.labels, ' · ')"),
        "title, description, labels, custom",
    ),
    "note": ("NULL::text", "r.body", "body"),
    "comment": ("NULL::text", "r.body", "body"),
}


def _joined(kind: str) -> str:
    title, texts, columns = (part.replace("'", "''") for part in KINDS[kind])
    return f"SELECT mediaflow_findable('{kind}', '{kind}', '{title}', '{texts}', '{columns}');"


async def upgrade(db: BaseDBAsyncClient) -> str:
    return ENTRY + JOINING + FINDING + "\n".join(map(_joined, KINDS))


async def downgrade(db: BaseDBAsyncClient) -> str:
    kinds = "".join(
        f"DROP TRIGGER search_in ON {kind}; DROP TRIGGER search_out ON {kind}; "
        f"DROP FUNCTION {kind}_enters(), {kind}_entry({kind}), {kind}_found({kind});"
        for kind in KINDS
    )
    return f"""
{kinds}
DROP TRIGGER search_tagged ON tagging;
DROP TRIGGER search_renamed ON contact;
DROP TABLE search_entry;
DROP FUNCTION search_find(text, text, text[], uuid[], int), search_alike(text, text[], uuid[], int),
    search_asked(uuid, text[], text), search_tagged(), search_renamed(), search_out(), search_title(text),
    search_words(text), search_mark(uuid), mediaflow_findable(regclass, text, text, text, text);
"""
