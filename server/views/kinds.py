"""The lists that views are of, by the kind that they list."""

from __future__ import annotations

from server.companies.routes import listing as companies
from server.consultants.routes import listing as consultants
from server.contacts.lists import listing as contacts
from server.contracts.routes import listing as contracts
from server.core.pages import Listing
from server.leads.routes import listing as leads
from server.projects.routes import listing as projects
from server.todos.routes import listing as tasks

LISTS: dict[str, Listing] = {
    listing.out.model.noun: listing for listing in (companies, consultants, contacts, contracts, leads, projects, tasks)
}
