"""The AsyncAPI document of `/live`: valid, served to everybody, and saying exactly what the protocol's code says."""

from __future__ import annotations

import json
import warnings
from typing import Any, cast, get_args

import jsonschema
import pytest

from server.api.asyncapi import FIELDS, document, error_codes
from server.domain.events import UNSENT, Name
from server.live.protocol import Close, Encoding, Op, Reset, ServerFrame
from tests.api.conftest import HOST, Site
from tests.vectors import FRAMES, OPS, Vector

with warnings.catch_warnings():
    warnings.simplefilter("ignore", UserWarning)  # its models have a field that is called `schema`
    from asyncapi3.models.asyncapi import AsyncAPI3

Json = dict[str, Any]
URL = "https://crm.example.com"
DOCUMENT = cast(Json, json.loads(json.dumps(document(URL))))
MESSAGES = cast(Json, DOCUMENT["components"]["messages"])


def name_of(vector: Vector) -> str:
    return vector.name


def payload(message: str) -> Json:
    """The schema of a message, with the shapes that it refers to beside it."""
    return {**MESSAGES[message]["payload"], "components": DOCUMENT["components"]}


def properties(frame: ServerFrame) -> Json:
    return cast(Json, MESSAGES[frame]["payload"]["properties"])


def test_it_is_an_asyncapi_document_of_version_3() -> None:
    AsyncAPI3.model_validate(DOCUMENT)

    assert DOCUMENT["asyncapi"] == "3.0.0"


def test_every_reference_in_it_leads_somewhere() -> None:
    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [found for item in value.values() for found in references(item)]
        return [found for item in value for found in references(item)] if isinstance(value, list) else []

    for reference in references(DOCUMENT):
        place: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_it_has_every_op_and_every_frame_and_none_more() -> None:
    ops = {f"op_{type.__struct_config__.tag}" for type in get_args(Op)}
    messages = ops | set(map(str, ServerFrame))

    assert MESSAGES.keys() == messages
    assert DOCUMENT["channels"]["live"]["messages"].keys() == messages
    assert {name for name, each in DOCUMENT["operations"].items() if each["action"] == "receive"} == ops


def test_the_fields_of_every_frame_are_described() -> None:
    assert set(FIELDS) == set(ServerFrame)


def test_it_has_every_name_reason_code_and_encoding_and_none_more() -> None:
    live = DOCUMENT["channels"]["live"]
    codes = {int(code): each["reconnect"] for code, each in live["x-close-codes"].items()}
    encodings = live["bindings"]["ws"]["headers"]["properties"]["Sec-WebSocket-Protocol"]["enum"]

    assert set(properties(ServerFrame.EVENT)["name"]["enum"]) == set(map(str, set(Name) - UNSENT))
    assert set(properties(ServerFrame.RESET)["reason"]["enum"]) == set(map(str, Reset))
    assert codes == {int(code): code < 4500 for code in Close}
    assert set(encodings) == set(map(str, Encoding))
    assert set(properties(ServerFrame.REPLY)["error"]["properties"]["code"]["enum"]) == set(error_codes())
    assert {"invalid", "not_found", "internal", "unavailable"} <= set(error_codes())


@pytest.mark.parametrize("vector", FRAMES, ids=name_of)
def test_every_agreed_frame_fits_its_schema(vector: Vector) -> None:
    jsonschema.validate(vector.value, payload(vector.value["type"]))


@pytest.mark.parametrize("vector", OPS, ids=name_of)
def test_every_agreed_op_fits_its_schema(vector: Vector) -> None:
    schema = json.loads(json.dumps(payload(f"op_{vector.value['op']}")))

    jsonschema.validate(vector.value, schema)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "event", "position": 1},
        {"type": "reset", "reason": "boredom", "position": 1},
        {"type": "checkpoint", "position": "1"},
        {"type": "reply", "id": 1},
    ],
)
def test_a_frame_that_is_none_does_not(frame: Json) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(frame, payload(frame["type"]))


async def test_it_is_served_without_a_login(site: Site) -> None:
    client = await site.client()

    answer = await client.get("/asyncapi.json")

    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(document(HOST)))
    assert answer.json()["servers"]["portal"]["host"] == "portal.test"
