"""Proposals: drafts and their items, frozen versions, recipients and links, signatures, visits; invoice drafts."""

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
OF_PROPOSAL = "FOREIGN KEY (team_id, proposal_id) REFERENCES proposal (team_id, id) ON DELETE CASCADE"
OF_RECIPIENT = "FOREIGN KEY (team_id, recipient_id) REFERENCES proposal_recipient (team_id, id) ON DELETE CASCADE"

DRAFTS = f"""
CREATE TABLE proposal ({RECORD},
    title text NOT NULL,
    number text,
    status text NOT NULL DEFAULT 'draft' CHECK
        (status IN ('draft', 'sent', 'opened', 'accepted', 'declined', 'expired', 'withdrawn')),
    client_id uuid,
    lead_id uuid,
    project_id uuid,
    currency varchar(3) NOT NULL,
    sections jsonb NOT NULL DEFAULT '[]',
    terms text,
    tax_mode text NOT NULL DEFAULT 'exclusive' CHECK (tax_mode IN ('exclusive', 'inclusive')),
    discount bigint CHECK (discount >= 0),
    deposit_percent numeric CHECK (deposit_percent BETWEEN 0 AND 100),
    expires_on date,
    recipients jsonb NOT NULL DEFAULT '[]',
    version_number int NOT NULL DEFAULT 1,
    require_code bool NOT NULL DEFAULT false,
    -- What the items come to, in minor units (models/money.py: price), as they stand or as the recipient chose.
    subtotal bigint NOT NULL DEFAULT 0,
    discounted bigint NOT NULL DEFAULT 0,
    tax bigint NOT NULL DEFAULT 0,
    total bigint NOT NULL DEFAULT 0,
    deposit bigint NOT NULL DEFAULT 0,
    monthly bigint NOT NULL DEFAULT 0,
    yearly bigint NOT NULL DEFAULT 0,
    sent_at timestamptz,
    opened_at timestamptz,
    accepted_at timestamptz,
    closed_at timestamptz,
    decline_reason text,
    converted_at timestamptz,
    custom jsonb NOT NULL DEFAULT '{{}}',
    created_by uuid,
    search tsvector GENERATED ALWAYS AS (mediaflow_words(title, number, mediaflow_texts(custom))) STORED,
    -- What was sent once has a number for ever.
    CHECK (number IS NOT NULL OR status = 'draft'),
    FOREIGN KEY (team_id, client_id) REFERENCES subject (team_id, id),
    FOREIGN KEY (team_id, lead_id) REFERENCES lead (team_id, id) ON DELETE SET NULL (lead_id),
    FOREIGN KEY (team_id, project_id) REFERENCES project (team_id, id) ON DELETE SET NULL (project_id)
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX proposal_number ON proposal (team_id, number) WHERE number IS NOT NULL;
CREATE INDEX proposal_created ON proposal (team_id, created_at, id);
CREATE INDEX proposal_updated ON proposal (team_id, updated_at, id);
CREATE INDEX proposal_title ON proposal (team_id, title, id);
CREATE INDEX proposal_status ON proposal (team_id, status, updated_at, id);
CREATE INDEX proposal_client ON proposal (team_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX proposal_lead ON proposal (team_id, lead_id) WHERE lead_id IS NOT NULL;
CREATE INDEX proposal_project ON proposal (team_id, project_id) WHERE project_id IS NOT NULL;
-- What the clock looks for, in all teams.
CREATE INDEX proposal_open ON proposal (expires_on) WHERE status IN ('sent', 'opened');
SELECT mediaflow_wall('proposal'), mediaflow_searchable('proposal'), mediaflow_subject('proposal', 'proposal');

CREATE TABLE proposal_item ({RECORD},
    proposal_id uuid NOT NULL,
    description text NOT NULL,
    quantity numeric NOT NULL DEFAULT 1 CHECK (quantity > 0),
    unit text,
    unit_price numeric NOT NULL,
    discount_percent numeric NOT NULL DEFAULT 0 CHECK (discount_percent BETWEEN 0 AND 100),
    tax_rate numeric NOT NULL DEFAULT 0 CHECK (tax_rate >= 0),
    kind text NOT NULL DEFAULT 'fixed' CHECK (kind IN ('fixed', 'optional', 'choice')),
    choice_group text,
    selected bool NOT NULL DEFAULT true,
    recurring text NOT NULL DEFAULT 'none' CHECK (recurring IN ('none', 'monthly', 'yearly')),
    position int NOT NULL,
    -- As allocated: over all items that count they sum to the proposal's totals.
    currency varchar(3) NOT NULL,
    net bigint NOT NULL DEFAULT 0,
    tax bigint NOT NULL DEFAULT 0,
    gross bigint NOT NULL DEFAULT 0,
    discounted bigint NOT NULL DEFAULT 0,
    CHECK ((kind = 'choice') = (choice_group IS NOT NULL)),
    CHECK (selected OR kind <> 'fixed'),
    {OF_PROPOSAL}
);
CREATE INDEX proposal_item_place ON proposal_item (team_id, proposal_id, position, id);

CREATE TABLE proposal_template ({RECORD},
    name text NOT NULL,
    content jsonb NOT NULL,
    created_by uuid
);
CREATE UNIQUE INDEX proposal_template_name ON proposal_template (team_id, lower(name));

-- The next number of each kind of document: numbers are taken in the transaction of what they number, so none is lost.
CREATE TABLE document_counter (
    team_id uuid NOT NULL REFERENCES team ON DELETE CASCADE,
    kind text NOT NULL,
    next_number bigint NOT NULL,
    PRIMARY KEY (team_id, kind)
);
SELECT mediaflow_wall('proposal_item'), mediaflow_wall('proposal_template'), mediaflow_wall('document_counter');
"""

SENT = f"""
CREATE TABLE proposal_version ({RECORD},
    proposal_id uuid NOT NULL,
    number int NOT NULL,
    -- Canonical JSON, the very bytes of which `content_digest` is the SHA-256.
    content text NOT NULL,
    content_digest text NOT NULL,
    -- What the recipient chose of the options, and the SHA-256 of the document with these choices: what is signed.
    choices jsonb NOT NULL DEFAULT '{{}}',
    digest text NOT NULL,
    total bigint NOT NULL,
    currency varchar(3) NOT NULL,
    message text,
    sent_at timestamptz NOT NULL,
    sent_by uuid NOT NULL,
    UNIQUE (team_id, proposal_id, number),
    {OF_PROPOSAL}
);
CREATE TABLE proposal_recipient ({RECORD},
    proposal_id uuid NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    role text NOT NULL CHECK (role IN ('signer', 'viewer')),
    position int NOT NULL,
    language text NOT NULL DEFAULT 'en',
    timezone text NOT NULL DEFAULT 'UTC',
    version_number int NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    opened_at timestamptz,
    sent_at timestamptz NOT NULL,
    reminded int NOT NULL DEFAULT 0,
    code_hash bytea,
    code_expires_at timestamptz,
    code_failures int NOT NULL DEFAULT 0,
    code_locked_until timestamptz,
    {OF_PROPOSAL}
);
CREATE UNIQUE INDEX proposal_recipient_email ON proposal_recipient (team_id, proposal_id, lower(email));
-- The secrets by which a recipient's mails lead to the proposal; each mail carries its own.
CREATE TABLE proposal_link (
    token_hash bytea PRIMARY KEY,
    team_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    {OF_RECIPIENT}
);
CREATE INDEX proposal_link_recipient ON proposal_link (team_id, recipient_id);

CREATE TABLE proposal_signature ({RECORD},
    proposal_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    version_number int NOT NULL,
    digest text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    drawing bytea,
    consent text NOT NULL,
    verified_by text NOT NULL CHECK (verified_by IN ('link', 'code')),
    address text NOT NULL,
    user_agent text NOT NULL,
    timezone text NOT NULL,
    signed_at timestamptz NOT NULL,
    UNIQUE (team_id, proposal_id, version_number, recipient_id),
    {OF_PROPOSAL},
    {OF_RECIPIENT}
);
CREATE TABLE proposal_comment ({RECORD},
    proposal_id uuid NOT NULL,
    -- The person of the team, or the recipient, who wrote it.
    author_id uuid,
    recipient_id uuid,
    author_name text NOT NULL,
    body text NOT NULL,
    section text,
    visibility text NOT NULL CHECK (visibility IN ('team', 'client')),
    CHECK ((author_id IS NULL) <> (recipient_id IS NULL)),
    CHECK (recipient_id IS NULL OR visibility = 'client'),
    {OF_PROPOSAL},
    {OF_RECIPIENT}
);
CREATE INDEX proposal_comment_place ON proposal_comment (team_id, proposal_id, created_at, id);
CREATE TABLE proposal_visit ({RECORD},
    proposal_id uuid NOT NULL,
    recipient_id uuid NOT NULL,
    version_number int NOT NULL,
    device text NOT NULL,
    user_agent text NOT NULL,
    address text NOT NULL,
    confidence text NOT NULL CHECK (confidence IN ('none', 'low', 'high')),
    forwarded bool NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    told_at timestamptz,
    visible_ms bigint NOT NULL DEFAULT 0,
    focused_ms bigint NOT NULL DEFAULT 0,
    scrolled int NOT NULL DEFAULT 0,
    downloaded_at timestamptz,
    sections jsonb NOT NULL DEFAULT '{{}}',
    {OF_PROPOSAL},
    {OF_RECIPIENT}
);
CREATE INDEX proposal_visit_of ON proposal_visit (team_id, proposal_id, last_at, id);
CREATE INDEX proposal_visit_by ON proposal_visit (team_id, recipient_id, device, last_at);
SELECT mediaflow_wall('proposal_version'), mediaflow_wall('proposal_recipient'), mediaflow_wall('proposal_link'),
    mediaflow_wall('proposal_signature'), mediaflow_wall('proposal_comment'), mediaflow_wall('proposal_visit');

-- What was sent stays as it was sent, whoever asks; what the recipient chose stays once somebody has signed it.
CREATE FUNCTION proposal_version_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.proposal_id, NEW.number, NEW.content, NEW.content_digest, NEW.sent_at)
        IS DISTINCT FROM (OLD.proposal_id, OLD.number, OLD.content, OLD.content_digest, OLD.sent_at)
    OR (NEW.choices, NEW.digest) IS DISTINCT FROM (OLD.choices, OLD.digest) AND EXISTS (
        SELECT 1 FROM proposal_signature s WHERE s.team_id = OLD.team_id AND s.proposal_id = OLD.proposal_id
            AND s.version_number = OLD.number)
    THEN RAISE EXCEPTION 'a version that was sent does not change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE ON proposal_version FOR EACH ROW EXECUTE FUNCTION proposal_version_frozen();
CREATE FUNCTION proposal_signature_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a signature does not change' USING ERRCODE = 'insufficient_privilege'; END $$;
CREATE TRIGGER frozen BEFORE UPDATE ON proposal_signature FOR EACH ROW EXECUTE FUNCTION proposal_signature_frozen();

-- Who comes with a link is in no team yet: this alone says in which one, and who they are.
CREATE FUNCTION proposal_link_holder(hash bytea) RETURNS TABLE (team_id uuid, recipient_id uuid, name text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT l.team_id, l.recipient_id, r.name
    FROM proposal_link l JOIN proposal_recipient r ON r.team_id = l.team_id AND r.id = l.recipient_id
    JOIN team t ON t.id = l.team_id AND t.deleted_at IS NULL
    WHERE l.token_hash = hash
$$;
ALTER FUNCTION proposal_link_holder(bytea) OWNER TO mediaflow_system;
"""

INVOICES = f"""
-- What an accepted proposal asks for first; numbered, sent and paid elsewhere, later.
CREATE TABLE invoice ({RECORD},
    status text NOT NULL DEFAULT 'draft' CHECK (status IN ('draft')),
    kind text NOT NULL CHECK (kind IN ('deposit', 'full')),
    proposal_id uuid,
    project_id uuid,
    client_id uuid,
    currency varchar(3) NOT NULL,
    lines jsonb NOT NULL,
    subtotal bigint NOT NULL,
    tax bigint NOT NULL,
    total bigint NOT NULL CHECK (total = subtotal + tax),
    created_by uuid,
    FOREIGN KEY (team_id, proposal_id) REFERENCES proposal (team_id, id),
    FOREIGN KEY (team_id, project_id) REFERENCES project (team_id, id) ON DELETE SET NULL (project_id),
    FOREIGN KEY (team_id, client_id) REFERENCES subject (team_id, id)
);
CREATE UNIQUE INDEX invoice_proposal ON invoice (team_id, proposal_id) WHERE proposal_id IS NOT NULL;
CREATE INDEX invoice_project ON invoice (team_id, project_id) WHERE project_id IS NOT NULL;
CREATE INDEX invoice_client ON invoice (team_id, client_id) WHERE client_id IS NOT NULL;
SELECT mediaflow_wall('invoice');
"""


async def upgrade(db: BaseDBAsyncClient) -> str:
    return DRAFTS + SENT + INVOICES


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP FUNCTION proposal_search_ids(text), proposal_link_holder(bytea);
DROP TABLE invoice, proposal_visit, proposal_comment, proposal_signature, proposal_link, proposal_recipient,
    proposal_version, document_counter, proposal_template, proposal_item, proposal;
DROP FUNCTION proposal_version_frozen(), proposal_signature_frozen();
"""
