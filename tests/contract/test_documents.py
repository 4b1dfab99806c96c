"""The documents: complete, valid, and with examples that are true."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from server.core.documents import asyncapi
from server.core.documents.answers import gives_nothing
from server.core.events import catalogue
from tests.contract.registries import API, JSON, ROUTES, name_of
from tests.helpers.contract import document, validator

ENDPOINTS = Path(__file__).with_name("endpoints.tsv")


def test_every_endpoint_of_the_contract_is_there():
    wanted = {tuple(line.split("\t")) for line in ENDPOINTS.read_text().splitlines()}
    assert wanted - {(r.method, r.path) for r in ROUTES} == set()


def test_openapi_is_valid():
    validate(document())


def test_every_endpoint_is_documented():
    described = {(method.upper(), path) for path, item in document()["paths"].items() for method in item}
    assert {(r.method, r.path) for r in API} <= described


@pytest.mark.parametrize("route", API, ids=name_of)
def test_an_endpoint_says_what_it_gives(route):
    assert route.gives is not None or gives_nothing(route) or route.media != JSON, (
        "a 200 without a schema: name `gives=`"
    )


def test_operation_ids_are_unique():
    ids = [op["operationId"] for item in document()["paths"].values() for op in item.values()]
    assert len(ids) == len(set(ids))


def test_no_two_shapes_share_a_name():
    assert [name for name in document()["components"]["schemas"] if "__" in name] == []


def _examples() -> list[Any]:
    found = []
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            parts = {"body": operation.get("requestBody", {}), **operation["responses"]}
            for name, part in parts.items():
                for content in part.get("content", {}).values():
                    if "example" in content:
                        found.append(pytest.param(content, id=f"{method.upper()} {path} {name}"))
    return found


@pytest.mark.parametrize("content", _examples())
def test_an_example_is_what_its_schema_says(content):
    assert [e.message for e in validator(content["schema"], document()).iter_errors(content["example"])] == []


# ---- the socket ----


def test_every_event_is_in_asyncapi_with_a_sentence_and_a_meaning():
    content = asyncapi()
    messages = content["components"]["messages"]
    for name, event in catalogue.items():
        assert messages[name]["x-sentence"], f"{name} has no sentence"
        assert messages[name]["summary"], f"{name} does not say what it means"
        heard = [c for c in content["channels"].values() if name in c["messages"]]
        assert heard or not event.live, f"{name} is live in no documented room"


def test_every_reference_of_asyncapi_leads_somewhere():
    content = asyncapi()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                found: Any = content
                for part in value["$ref"].removeprefix("#/").split("/"):
                    assert part in found, value["$ref"]
                    found = found[part]
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(content)


def test_an_events_example_is_what_its_schema_says():
    content = asyncapi()
    for name, message in content["components"]["messages"].items():
        payload = message["examples"][0]["payload"]
        assert [e.message for e in validator(message["payload"], content).iter_errors(payload)] == [], name


@pytest.mark.parametrize("event", catalogue.values(), ids=lambda e: e.type)
def test_an_undeclared_field_of_an_event_is_refused(event):
    with pytest.raises(ValueError, match="nobody_declared_this"):
        event.model_validate({"nobody_declared_this": 1})
