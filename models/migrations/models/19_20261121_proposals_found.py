"""Proposals are found by the one search: by title and number, and by what they say."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
SELECT mediaflow_findable('proposal', 'proposal', 'r.title',
    'concat_ws('' · '', r.number, mediaflow_texts(r.sections), r.terms, mediaflow_texts(r.custom))',
    'title, number, sections, terms, custom');
"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
DROP TRIGGER search_in ON proposal;
DROP TRIGGER search_out ON proposal;
DROP FUNCTION proposal_enters(), proposal_entry(proposal), proposal_found(proposal);
"""
