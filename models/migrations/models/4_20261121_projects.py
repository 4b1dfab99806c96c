"""Projects and tasks."""

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

PROJECTS = f"""
CREATE TABLE project ({RECORD},
    name text NOT NULL,
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('planned', 'active', 'on_hold', 'completed', 'archived')),
    client_id uuid,
    start_on date,
    due_on date,
    budget bigint CHECK (budget >= 0),
    currency varchar(3) NOT NULL,
    color text,
    description text,
    columns jsonb NOT NULL CHECK (jsonb_array_length(columns) > 0),
    custom jsonb NOT NULL DEFAULT '{{}}',
    created_by uuid,
    search tsvector GENERATED ALWAYS AS (mediaflow_words(name, description)) STORED,
    CHECK (due_on >= start_on)
);
CREATE INDEX project_created ON project (team_id, created_at, id);
CREATE INDEX project_name ON project (team_id, name, id);
CREATE INDEX project_due ON project (team_id, COALESCE(due_on, 'infinity'::date), id);
SELECT mediaflow_searchable('project');

CREATE TABLE project_member ({RECORD},
    project_id uuid NOT NULL,
    user_id uuid NOT NULL,
    UNIQUE (team_id, project_id, user_id),
    FOREIGN KEY (team_id, project_id) REFERENCES project (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, user_id) REFERENCES member (team_id, user_id) ON DELETE CASCADE
);
CREATE INDEX project_member_user ON project_member (team_id, user_id, project_id);

CREATE TABLE milestone ({RECORD},
    project_id uuid NOT NULL,
    name text NOT NULL,
    due_on date,
    done bool NOT NULL DEFAULT false,
    FOREIGN KEY (team_id, project_id) REFERENCES project (team_id, id) ON DELETE CASCADE
);
CREATE INDEX milestone_due ON milestone (team_id, project_id, COALESCE(due_on, 'infinity'::date), id);
SELECT mediaflow_wall('project'), mediaflow_wall('project_member'), mediaflow_wall('milestone');
"""

TASKS = f"""
CREATE TABLE task ({RECORD},
    project_id uuid,
    parent_id uuid,
    title text NOT NULL,
    status text NOT NULL,
    -- Compared byte by byte, as browsers compare strings.
    rank text COLLATE "C" NOT NULL,
    priority text NOT NULL DEFAULT 'medium' CHECK (priority IN ('low', 'medium', 'high', 'urgent')),
    start_at timestamptz,
    due_at timestamptz,
    estimate_minutes int CHECK (estimate_minutes >= 0),
    labels text[] NOT NULL DEFAULT '{{}}',
    description text,
    custom jsonb NOT NULL DEFAULT '{{}}',
    completed_at timestamptz,
    created_by uuid,
    -- The board that the card is on: its project's, or the team's own.
    board_id uuid NOT NULL GENERATED ALWAYS AS (coalesce(project_id, team_id)) STORED,
    search tsvector GENERATED ALWAYS AS (mediaflow_words(title, description)) STORED,
    CHECK (due_at >= start_at),
    FOREIGN KEY (team_id, project_id) REFERENCES project (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, parent_id) REFERENCES task (team_id, id) ON DELETE CASCADE
) WITH (fillfactor = 85);
CREATE INDEX task_created ON task (team_id, created_at, id);
CREATE INDEX task_due ON task (team_id, COALESCE(due_at, 'infinity'::timestamptz), id);
CREATE INDEX task_project_created ON task (team_id, project_id, created_at, id);
CREATE INDEX task_board ON task (team_id, board_id, status, rank);
CREATE INDEX task_progress ON task (team_id, project_id, completed_at);
CREATE INDEX task_parent ON task (team_id, parent_id) WHERE parent_id IS NOT NULL;
SELECT mediaflow_searchable('task');

CREATE TABLE task_assignee (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    task_id uuid NOT NULL,
    user_id uuid NOT NULL,
    position int NOT NULL,
    PRIMARY KEY (team_id, task_id, user_id),
    FOREIGN KEY (team_id, task_id) REFERENCES task (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, user_id) REFERENCES member (team_id, user_id) ON DELETE CASCADE
);
CREATE INDEX task_assignee_user ON task_assignee (team_id, user_id, task_id);

CREATE TABLE task_dependency (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    task_id uuid NOT NULL,
    depends_on_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, task_id, depends_on_id),
    CHECK (task_id <> depends_on_id),
    FOREIGN KEY (team_id, task_id) REFERENCES task (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, depends_on_id) REFERENCES task (team_id, id) ON DELETE CASCADE
);
CREATE INDEX task_dependency_blocker ON task_dependency (team_id, depends_on_id, task_id);
SELECT mediaflow_wall('task'), mediaflow_wall('task_assignee'), mediaflow_wall('task_dependency');

-- The end of a column, locked until the transaction ends, so that two tasks can never get the same rank and no column
-- vanishes under a task. plpgsql reads after the lock with a new snapshot, which one plain statement would not.
CREATE FUNCTION board_place(p_team uuid, p_project uuid, p_status text)
RETURNS TABLE (status text, columns jsonb, last_rank text) LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
DECLARE wanted text := p_status;
BEGIN
    IF wanted IS NULL THEN
        SELECT CASE WHEN p.columns @> '[{{"key": "todo"}}]' THEN 'todo' ELSE p.columns -> 0 ->> 'key' END INTO wanted
            FROM project p WHERE p.team_id = p_team AND p.id = p_project;
        wanted := coalesce(wanted, 'todo');
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(coalesce(p_project, p_team)::text || '/' || wanted, 0));
    RETURN QUERY SELECT wanted, (SELECT p.columns FROM project p WHERE p.team_id = p_team AND p.id = p_project),
        (SELECT max(k.rank) FROM task k WHERE k.team_id = p_team AND k.board_id = coalesce(p_project, p_team)
            AND k.status = wanted);
END $$;
"""

PARTS = f"""
CREATE TABLE comment ({RECORD},
    task_id uuid NOT NULL,
    author_id uuid NOT NULL,
    body text NOT NULL,
    mentions uuid[] NOT NULL DEFAULT '{{}}',
    visibility text NOT NULL DEFAULT 'team' CHECK (visibility IN ('team', 'client')),
    FOREIGN KEY (team_id, task_id) REFERENCES task (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, author_id) REFERENCES member (team_id, user_id)
);
CREATE INDEX comment_task ON comment (team_id, task_id, created_at, id);

CREATE TABLE checklist_item ({RECORD},
    task_id uuid NOT NULL,
    title text NOT NULL,
    done bool NOT NULL DEFAULT false,
    position int NOT NULL,
    FOREIGN KEY (team_id, task_id) REFERENCES task (team_id, id) ON DELETE CASCADE
);
CREATE INDEX checklist_item_task ON checklist_item (team_id, task_id, position, id);

CREATE TABLE time_entry ({RECORD},
    task_id uuid NOT NULL,
    user_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    minutes int CHECK (minutes >= 0),
    note text,
    billable bool NOT NULL DEFAULT true,
    rate bigint CHECK (rate >= 0),
    currency varchar(3) NOT NULL,
    CHECK (ended_at >= started_at),
    FOREIGN KEY (team_id, task_id) REFERENCES task (team_id, id) ON DELETE CASCADE,
    FOREIGN KEY (team_id, user_id) REFERENCES member (team_id, user_id)
);
CREATE INDEX time_entry_task ON time_entry (team_id, task_id, started_at, id);
-- One running timer for each person.
CREATE UNIQUE INDEX time_entry_running ON time_entry (team_id, user_id) WHERE ended_at IS NULL;
SELECT mediaflow_wall('comment'), mediaflow_wall('checklist_item'), mediaflow_wall('time_entry');
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return PROJECTS + TASKS + PARTS


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION board_place(uuid, uuid, text), task_search_ids(text), project_search_ids(text);
DROP TABLE time_entry, checklist_item, comment, task_dependency, task_assignee, task, milestone, project_member,
    project;
"""
