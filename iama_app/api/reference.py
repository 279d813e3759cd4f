"""The reference page at /api/docs: one HTML page made from the description, no script and nothing from elsewhere."""

from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
STYLE = """
:root{color-scheme:light dark}
body{font:15px/1.55 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:2rem 1.5rem}
h2{margin-top:2.5rem;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent);padding-bottom:.3rem}
summary{cursor:pointer;padding:.35rem 0}summary code{font-weight:600}
details{border-bottom:1px solid color-mix(in srgb,currentColor 12%,transparent)}
.method{display:inline-block;min-width:4.5rem;font-family:ui-monospace,monospace}
pre{overflow:auto;padding:.75rem;border:1px solid color-mix(in srgb,currentColor 20%,transparent);font-size:13px}
table{border-collapse:collapse}td,th{text-align:left;vertical-align:top;padding:.2rem 1rem .2rem 0}
"""


@router.get("/docs")
async def show_reference(request: Request) -> HTMLResponse:
    """Draw the reference."""
    return HTMLResponse(render(request.app.openapi()), headers={"Content-Security-Policy": POLICY})


def render(description: dict[str, Any]) -> str:
    """Return the whole page for an OpenAPI description."""
    schemas = description.get("components", {}).get("schemas", {})
    sections = "".join(_section(tag, description["paths"], schemas) for tag in description["tags"])
    shapes = "".join(
        f"<details id='{escape(name)}'><summary><code>{escape(name)}</code></summary>{_fields(schema)}</details>"
        for name, schema in sorted(schemas.items())
    )
    intro = "".join(f"<p>{_code(part)}</p>" for part in description["info"]["description"].split("\n\n"))
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>IAMA API</title><style>{STYLE}</style>"
        f"</head><body><h1>IAMA API</h1>{intro}<p>Machine-readable: <a href='openapi.json'>openapi.json</a></p>"
        f"{sections}<h2>Shapes</h2>{shapes}</body></html>"
    )


def _section(tag: dict[str, str], paths: dict[str, Any], schemas: dict[str, Any]) -> str:
    operations = "".join(
        _operation(method, path, operation, schemas)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if tag["name"] in operation.get("tags", ())
    )
    return f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>{operations}"


def _operation(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    parameters = "".join(
        f"<tr><td><code>{escape(item['name'])}</code></td><td>{escape(item['in'])}</td>"
        f"<td>{'required' if item.get('required') else ''}</td><td>{_code(item.get('description', ''))}</td></tr>"
        for item in operation.get("parameters", ())
    )
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    answers = "".join(
        f"<tr><td>{escape(status)}</td><td>{_code(answer.get('description', ''))}</td><td>{_answer(answer)}</td></tr>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<details><summary><span class='method'>{method.upper()}</span> <code>/api{escape(path)}</code> "
        f"{_code(operation.get('description', ''))}</summary>"
        f"{f'<table>{parameters}</table>' if parameters else ''}"
        f"{f'<p>Body: {_shape(body)}</p>{_fields(_resolve(body, schemas))}' if body else ''}"
        f"<table>{answers}</table></details>"
    )


def _answer(answer: dict[str, Any]) -> str:
    return " ".join(_shape(content.get("schema", {})) for content in answer.get("content", {}).values())


def _fields(schema: dict[str, Any]) -> str:
    required = set(schema.get("required", ()))
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{_shape(field)}</td>"
        f"<td>{'required' if name in required else ''}</td><td>{_code(field.get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    values = " ".join(f"<code>{escape(str(value))}</code>" for value in schema.get("enum", ()))
    return f"{_code(schema.get('description', ''))} {values}<table>{rows}</table>"


def _shape(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = escape(schema["$ref"].rsplit("/", 1)[-1])
        return f"<a href='#{name}'>{name}</a>"
    for union in ("anyOf", "oneOf", "allOf"):
        if union in schema:
            return " or ".join(_shape(part) for part in schema[union])
    if schema.get("type") == "array":
        return f"list of {_shape(schema.get('items', {}))}"
    return escape(str(schema.get("const", schema.get("type", "any"))))


def _resolve(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    return schemas.get(schema["$ref"].rsplit("/", 1)[-1], {}) if "$ref" in schema else schema


def _code(text: str) -> str:
    """Escape text and draw what stands between back-ticks as code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
