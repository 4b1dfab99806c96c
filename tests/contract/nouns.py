"""What the ids in paths, bodies and filters name."""

from __future__ import annotations

from server.core.routing import Route

# The nouns that path parameters name: the longest beginning of the path that fits decides.
PATH_IDS = {
    ("/api/activities/", "id"): "activity",
    ("/api/auth/sessions/", "id"): "session",
    ("/api/checklist-items/", "id"): "checklist_item",
    ("/api/comments/", "id"): "comment",
    ("/api/companies/", "id"): "company",
    ("/api/companies/", "tag_id"): "tag",
    ("/api/consultants/", "id"): "consultant",
    ("/api/consultants/", "tag_id"): "tag",
    ("/api/contacts/", "id"): "contact",
    ("/api/contacts/", "tag_id"): "tag",
    ("/api/contracts/", "id"): "contract",
    ("/api/contracts/", "tag_id"): "tag",
    ("/api/forms/", "id"): "form",
    ("/api/imports/", "id"): "import",
    ("/api/jobs/", "id"): "job",
    ("/api/leads/", "id"): "lead",
    ("/api/leads/", "tag_id"): "tag",
    ("/api/milestones/", "id"): "milestone",
    ("/api/notes/", "id"): "note",
    ("/api/notifications/", "id"): "notification",
    ("/api/projects/", "id"): "project",
    ("/api/proposal-templates/", "id"): "proposal_template",
    ("/api/proposals/", "id"): "proposal",
    ("/api/proposals/public/", "token"): "link",
    ("/api/proposals/", "item_id"): "proposal_item",
    ("/api/proposals/", "number"): "number",
    ("/api/proposals/", "recipient_id"): "recipient",
    ("/api/projects/", "user_id"): "user",
    ("/api/settings/custom-fields/", "id"): "custom_field",
    ("/api/tags/", "id"): "tag",
    ("/api/tasks/", "depends_on_id"): "blocker",
    ("/api/tasks/", "id"): "task",
    ("/api/teams/", "id"): "team",
    ("/api/teams/", "invitation_id"): "invitation",
    ("/api/teams/", "user_id"): "user",
    ("/api/time-entries/", "id"): "time_entry",
    ("/api/views/", "id"): "view",
}
# The nouns that ids in bodies and filters name; where a path begins so, before all others.
BODY_IDS_BELOW = {
    "/api/activities": {"id": "company", "subject_id": "contact"},
    "/api/companies": {"from_id": "double_company", "parent_id": "parent_company"},
    "/api/leads/bulk": {"ids": "lead"},
}
BODY_IDS = {
    "after_id": "blocker",
    "assigned_to_id": "user",
    "assignee_id": "user",
    "assignee_ids": "user",
    "author_id": "user",
    "before_id": "blocker",
    "client_id": "contact",
    "company_id": "company",
    "contact_id": "contact",
    "created_by": "user",
    "depends_on_id": "other_task",
    "form_id": "form",
    "from_id": "double",
    "id": "task",
    "item_ids": "proposal_item",
    "lead_id": "lead",
    "ids": "task",
    "member_ids": "guest",
    "owner_id": "user",
    "parent_id": "other_task",
    "template_id": "proposal_template",
    "from_proposal_id": "proposal",
    "project_id": "project",
    "subject_id": "task",
    "tag_id": "tag",
    "tag_ids": "tag",
    "task_id": "task",
    "user_id": "user",
}


def path_noun(route: Route, name: str) -> str:
    """What a path parameter names. A new endpoint with an unknown one fails here: say what it names."""
    return next(noun for (start, n), noun in PATH_IDS.items() if n == name and route.path.startswith(start))


def body_noun(route: Route, field: str) -> str:
    """What an id in the route's body or filters names, by the field's path: `changes.assignee_ids[]`."""
    name = field.rpartition(".")[2].removesuffix("[]")
    below = next((ids for start, ids in BODY_IDS_BELOW.items() if route.path.startswith(start)), {})
    return below.get(name) or BODY_IDS[name]
