"""What a world's owner makes, so that there is something of everything."""

from __future__ import annotations

from typing import Any

NOTIFICATION = """
INSERT INTO notification (id, team_id, member_id, event_id, type, title, subject_kind, subject_id, read_at)
SELECT gen_random_uuid(), $1, $2, gen_random_uuid(), 'task.assigned', 'Title ' || n, 'task', gen_random_uuid(),
       CASE WHEN n % 2 = 0 THEN now() END
FROM generate_series(1, 5) n RETURNING id::text
"""
JOB = """
INSERT INTO job (id, team_id, created_by, kind, state) VALUES (gen_random_uuid(), $1, $2, 'nothing', $3)
RETURNING id::text
"""
IMPORT = """
WITH made AS (
    INSERT INTO data_import (id, team_id, kind, member_id, file_name, file_key, format, state, total, failed, job_id)
    VALUES (gen_random_uuid(), $1, 'contact', $2, 'people.csv', 'imports/none', 'csv', 'done', 2, 1, gen_random_uuid())
    RETURNING id, team_id
), problem AS (
    INSERT INTO import_problem (team_id, import_id, row, number, field, message, cells)
    SELECT team_id, id, 2, 0, 'email', 'Is no address.', '["Mara"]' FROM made
), record AS (
    INSERT INTO import_record (team_id, import_id, record_id, kind, left_version)
    SELECT team_id, id, gen_random_uuid(), 'contact', 1 FROM made
)
SELECT id::text FROM made
"""
AUDIT = """
INSERT INTO audit_entry (id, team_id, seq, event_id, at, action, actor_kind, actor_id, actor_name, subject_kind,
                         subject_id, subject_version, previous, hash, address, request_id)
VALUES (gen_random_uuid(), $1, 1, gen_random_uuid(), now(), 'task.created', 'user', '', '', 'task',
        gen_random_uuid(), 1, '', '', '', '')
"""
REMINDER = "INSERT INTO due_reminder (team_id, task_id, due_at) VALUES ($1, gen_random_uuid(), now())"
PAPER = "INSERT INTO paper (id, team_id, key) VALUES (gen_random_uuid(), $1, '')"
CERTIFICATE = """
INSERT INTO signing_certificate (id, team_id, fingerprint, chain, sealed_key, own)
VALUES (gen_random_uuid(), $1, '', '', '', false)
"""

# What else the owner makes: its noun, where, with what. The last one of a noun gives its id.
A_CONTACT = {"kind": "contact", "id": "{contact}"}
SPENT = "/api/tasks/{task}/time-entries"
PARTS: list[tuple[str, str, dict[str, Any]]] = [
    ("second_team", "/api/teams", {"name": "Second firm"}),
    ("invitation", "/api/teams/{team}/invite", {"email": "jonas@studio-north.example", "role": "manager"}),
    ("invitation", "/api/teams/{team}/invite", {"email": "lena@studio-north.example"}),
    ("invitation", "/api/teams/{team}/invite", {"email": "amir@studio-north.example"}),
    ("custom_field", "/api/settings/custom-fields", {"entity": "task", "label": "Campaign", "type": "text"}),
    ("custom_field", "/api/settings/custom-fields", {"entity": "project", "label": "Shoot on", "type": "date"}),
    ("custom_field", "/api/settings/custom-fields", {"entity": "task", "label": "Takes", "type": "number"}),
    ("tag", "/api/tags", {"name": "Referral"}),
    ("tag", "/api/tags", {"name": "Newsletter", "color": "#5046e5"}),
    ("tag", "/api/tags", {"name": "Trade fair"}),
    ("contact_tagged", "/api/contacts/{contact}/tags", {"tag_ids": ["{tag}"]}),
    ("lead", "/api/leads", {"name": "Ida Holm", "company": "Holm", "value": "900"}),
    ("lead", "/api/leads", {"name": "Per Lund", "email": "per@lund.example", "status": "won", "score": 50}),
    ("lead", "/api/leads", {"name": "Åse Moe", "assigned_to_id": "{user}", "last_contact_at": "2026-11-20T08:00:00Z"}),
    ("lead_tagged", "/api/leads/{lead}/tags", {"tag_ids": ["{tag}"]}),
    ("form", "/api/forms", {"name": "Contact", "tag_ids": ["{tag}"]}),
    ("form", "/api/forms", {"name": "Quote", "assigned_to_id": "{user}"}),
    ("lead_note", "/api/leads/{lead}/notes", {"body": "Asked for a quote."}),
    ("lead_note", "/api/leads/{lead}/notes", {"body": "Wants to begin in May."}),
    ("consultant", "/api/consultants", {"name": "Kim Dahl", "skills": ["Sound"], "day_rate": "480.00"}),
    ("consultant", "/api/consultants", {"name": "Ola Vik", "available_from": "2026-12-01"}),
    ("consultant", "/api/consultants", {"contact_id": "{contact}", "available_until": "2026-12-31"}),
    ("consultant_tagged", "/api/consultants/{consultant}/tags", {"tag_ids": ["{tag}"]}),
    ("consultant_note", "/api/consultants/{consultant}/notes", {"body": "Own microphones."}),
    ("consultant_note", "/api/consultants/{consultant}/notes", {"body": "Lives near the harbour."}),
    ("contract", "/api/contracts", {"title": "Hosting", "company_id": "{company}", "end_on": "2027-03-31"}),
    ("contract", "/api/contracts", {"title": "Retainer", "company_id": "{company}", "value": "900.00"}),
    ("contract_tagged", "/api/contracts/{contract}/tags", {"tag_ids": ["{tag}"]}),
    ("contract_note", "/api/contracts/{contract}/notes", {"body": "Signed on paper."}),
    ("contract_note", "/api/contracts/{contract}/notes", {"body": "Ask about an option."}),
    ("proposal_template", "/api/proposal-templates", {"name": "Film", "title": "A film"}),
    ("proposal_template", "/api/proposal-templates", {"name": "Retainer", "terms": "Monthly."}),
    ("proposal_template", "/api/proposal-templates", {"name": "Trailer"}),
    ("company_tagged", "/api/companies/{company}/tags", {"tag_ids": ["{tag}"]}),
    ("note", "/api/companies/{company}/notes", {"body": "Pays on time."}),
    ("note", "/api/companies/{company}/notes", {"body": "New office in March."}),
    ("note", "/api/contacts/{contact}/notes", {"body": "Prefers to be called."}),
    ("note", "/api/contacts/{contact}/notes", {"body": "Back from leave in May."}),
    ("double", "/api/contacts", {"name": "Mara L."}),
    ("contact_merged", "/api/contacts/{contact}/merge", {"from_id": "{double}"}),
    ("double", "/api/contacts", {"name": "M. Lindqvist"}),
    ("double_company", "/api/companies", {"name": "Studio N."}),
    ("activity", "/api/activities", {"kind": "call", "title": "First call", "subject": A_CONTACT}),
    ("activity", "/api/activities", {"kind": "meeting", "title": "Lunch", "subject": A_CONTACT}),
    ("milestone", "/api/projects/{project}/milestones", {"name": "Rough cut", "due_on": "2026-12-01"}),
    ("milestone", "/api/projects/{project}/milestones", {"name": "Picture lock"}),
    ("milestone", "/api/projects/{project}/milestones", {"name": "Delivery", "due_on": "2026-12-24", "done": True}),
    ("dependency", "/api/tasks/{task}/dependencies", {"depends_on_id": "{blocker}"}),
    ("comment", "/api/tasks/{task}/comments", {"body": "A first look is there."}),
    ("comment", "/api/tasks/{task}/comments", {"body": "Shorter, please."}),
    ("comment", "/api/tasks/{task}/comments", {"body": "Done."}),
    ("checklist_item", "/api/tasks/{task}/checklist", {"title": "Sound"}),
    ("checklist_item", "/api/tasks/{task}/checklist", {"title": "Colour", "done": True}),
    ("checklist_item", "/api/tasks/{task}/checklist", {"title": "Titles"}),
    ("time_entry", SPENT, {"started_at": "2026-11-20T08:00:00Z", "minutes": 30}),
    ("time_entry", SPENT, {"started_at": "2026-11-20T10:00:00Z", "minutes": 45}),
    ("time_entry", SPENT, {"started_at": "2026-11-20T12:00:00Z", "minutes": 60}),
    ("view", "/api/views", {"kind": "contact", "name": "Clients", "filter": {"kind": "client"}, "shared": True}),
    ("view", "/api/views", {"kind": "task", "name": "Due next", "sort": "due_at", "columns": ["title", "due_at"]}),
    ("view", "/api/views", {"kind": "contact", "name": "Vendors", "filter": {"kind": "vendor"}}),
]
