"""What clients read about us, made from the declarations: OpenAPI from the routes, AsyncAPI from the events.

shapes.py       every named type as JSON Schema, under one set of definitions
examples.py     a believable value for a schema
parameters.py   what a route takes beside its body
answers.py      what a route answers, problems included
openapi.py      the document of all routes
signals.py      what goes over the socket and is no fact: commands, acknowledgements, notices
asyncapi.py     the document of all rooms, facts, signals and commands
"""

from server.core.documents.asyncapi import asyncapi
from server.core.documents.openapi import openapi

__all__ = ["asyncapi", "openapi"]
