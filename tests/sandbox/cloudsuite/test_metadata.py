"""What the tenant tells about its classes agrees with what its lists and actions take."""

from __future__ import annotations

import pytest

from ml_connector_sandbox.cloudsuite.classes import CLASSES
from sandbox_tenant import Client


@pytest.fixture
def client() -> Client:
    """A client of a seeded tenant."""
    return Client()


def test_the_tenant_names_every_class(client: Client) -> None:
    """The class list has every class, and its links lead somewhere when asked for."""
    answer = client.call("GET", "/classes", _links="true").json()
    assert {each["name"] for each in answer} == set(CLASSES)
    for link in answer[0]["_links"]:
        assert client.call("GET", f"/{link['href']}").status == 200


@pytest.mark.parametrize("class_name", CLASSES)
def test_told_fields_and_lists_are_answered(client: Client, class_name: str) -> None:
    """Every field and every list that a class tells of is one that its list service answers."""
    fields = [each["name"] for each in client.call("GET", f"/classes/{class_name}/fields").json()]
    for each in client.call("GET", f"/classes/{class_name}/lists").json():
        answer = client.call(
            "GET", f"/classes/{class_name}/lists/{each['name']}", _fields=",".join(fields), _limit="50"
        )
        assert answer.status == 200
        assert all(list(record["_fields"]) == fields for record in answer.json()[1:])


def test_one_field_tells_its_width(client: Client) -> None:
    """The width that is told is the width that is enforced: 30 for the field with the Jira key."""
    path = "/classes/PurchaseOrder/fields/PurchaseOrderUserField5"
    assert client.call("GET", path).json()["size"] == 30


def test_every_action_tells_its_parameters(client: Client) -> None:
    """Each action of each class has parameters, the keys of an update among them."""
    for class_name in CLASSES:
        for action in client.call("GET", f"/classes/{class_name}/actions").json():
            answer = client.call("GET", f"/classes/{class_name}/actions/{action['name']}/parameters")
            assert answer.status == 200
            assert answer.json()
    update = client.call("GET", "/classes/PurchaseOrder/actions/Update/parameters").json()
    required = [each["name"] for each in update if each["required"]]
    assert required == ["Company", "PurchaseOrder", "PORelease", "POCode"]


@pytest.mark.parametrize(
    "path",
    [
        "/classes/NoSuchClass/fields",
        "/classes/PurchaseOrder/fields/NoSuchField",
        "/classes/PurchaseOrder/actions/NoSuchAction/parameters",
    ],
)
def test_what_does_not_exist_is_refused(client: Client, path: str) -> None:
    """An unknown class, field or action is an error with a code and a text."""
    answer = client.call("GET", path)
    assert answer.status == 400
    assert set(answer.json()) == {"code", "message"}
