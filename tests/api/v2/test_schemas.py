"""Published schemas: anybody may read them, and they are the ones the engine validates with."""

import httpx
import jsonschema
import pytest

from services.engine.examples import EXAMPLES

pytestmark = pytest.mark.asyncio(loop_scope="session")


class TestListSchemas:
    async def test_names_each_schema_and_where_it_is(self, stranger: httpx.AsyncClient) -> None:
        [item] = (await stranger.get("/v2/schemas")).json()["items"]
        assert item == {"name": "patch_edit_schema", "version": 1, "path": "/v2/schemas/patch_edit_schema/1"}
        assert (await stranger.get(item["path"])).status_code == 200


class TestGetSchema:
    async def test_serves_a_schema_that_takes_every_example(self, stranger: httpx.AsyncClient) -> None:
        schema = (await stranger.get("/v2/schemas/patch_edit_schema/1")).json()
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate({"version": 1, "operations": list(EXAMPLES)}, schema)

    async def test_the_name_alone_stands_for_the_newest_version(self, stranger: httpx.AsyncClient) -> None:
        named = await stranger.get("/v2/schemas/patch_edit_schema")
        assert named.json()["$id"] == "/api/v2/schemas/patch_edit_schema/1"

    @pytest.mark.parametrize("path", ["patch_edit_schema/2", "spec_schema/1", "spec_schema"])
    async def test_does_not_know_other_schemas(self, stranger: httpx.AsyncClient, path: str) -> None:
        answer = await stranger.get(f"/v2/schemas/{path}")
        assert (answer.status_code, answer.json()["error_code"]) == (404, "NOT_FOUND")
