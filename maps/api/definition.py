"""The definition of OGC API Features as it is offered here, OpenAPI 3.0."""

from typing import Any

from maps.api import parameters
from maps.collections import COLLECTIONS, Collection
from organizations.models import ResourceFlow

OGC = "http://schemas.opengis.net/ogcapi/features/part1/1.0/openapi/ogcapi-features-1.yaml"

_FILTERS: dict[str, dict[str, Any]] = {
    "direction": {"type": "string", "enum": list(ResourceFlow.Direction.values)},
    "resource_type": {"type": "string", "maxLength": 60},
    "min_score": {"type": "number", "minimum": 0, "maximum": 1},
}
_DESCRIPTIONS = {
    "direction": "Flows that leave a site, or that are needed there.",
    "resource_type": "Code of a resource type; its descendants count, too.",
    "min_score": "The lowest score of a match.",
}
_OBJECT = {"type": "object"}
_LINKS = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {
            name: {"type": "string"} for name in ("href", "rel", "type", "hreflang", "title")
        },
    },
}
_FEATURE = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature"]},
        "id": {"type": "string", "format": "uuid"},
        "geometry": {"type": "object", "nullable": True},
        "properties": {"type": "object", "nullable": True},
        "links": _LINKS,
    },
}
_FEATURES = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"type": "string", "enum": ["FeatureCollection"]},
        "features": {"type": "array", "items": {"$ref": "#/components/schemas/feature"}},
        "links": _LINKS,
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
}
_PARAMETERS: dict[str, dict[str, Any]] = {
    "limit": {
        "name": "limit",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "schema": {
            "type": "integer",
            "minimum": 1,
            "maximum": parameters.LARGEST_LIMIT,
            "default": parameters.DEFAULT_LIMIT,
        },
    },
    "bbox": {
        "name": "bbox",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "schema": {
            "type": "array",
            "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
            "items": {"type": "number"},
        },
        "description": "West, south, east, north [degrees]; it may cross the 180th meridian.",
    },
    "datetime": {
        "name": "datetime",
        "in": "query",
        "required": False,
        "style": "form",
        "explode": False,
        "schema": {"type": "string"},
        "description": "A moment or an interval (RFC 3339): flows that are valid on one of its "
        "days. Other features have no time.",
    },
    "after": {
        "name": "after",
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
        "description": "Where a page begins, as the link to it says.",
    },
}


def document(server: str) -> dict[str, Any]:
    """Return the definition of the API at an address."""
    paths: dict[str, Any] = {
        "/": _operation("getLandingPage", "Capabilities"),
        "/conformance": _operation("getConformanceDeclaration", "Capabilities"),
        "/api": _operation("getApiDefinition", "Capabilities"),
        "/collections": _operation("getCollections", "Capabilities"),
    }
    for collection in COLLECTIONS.values():
        name = collection.name
        paths[f"/collections/{name}"] = _operation(f"describe_{name}", "Capabilities", missing=True)
        paths[f"/collections/{name}/items"] = _items(collection)
        paths[f"/collections/{name}/items/{{featureId}}"] = _item(collection)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "Turash: OGC API Features",
            "version": "1",
            "description": "Sites, resource flows, matches and areas of many matches, as far as "
            f"the caller may see them. After {OGC}",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "parameters": _PARAMETERS,
            "schemas": {"feature": _FEATURE, "features": _FEATURES, "problem": _OBJECT},
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"},
                "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
            },
        },
        "security": [{}, {"token": []}, {"session": []}],
    }


def _operation(
    name: str,
    tag: str,
    *,
    schema: dict[str, Any] | None = None,
    kind: str = "application/json",
    asked: tuple[Any, ...] = (),
    missing: bool = False,
) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}}
    statuses = {"400": "A parameter is wrong.", "429": "Too many requests."}
    if missing:
        statuses["404"] = "Unknown, or not visible."
    return {
        "get": {
            "operationId": name,
            "tags": [tag],
            "parameters": list(asked),
            "responses": {
                "200": {"description": "OK", "content": {kind: {"schema": schema or _OBJECT}}},
                **{
                    status: {"description": text, "content": problem}
                    for status, text in statuses.items()
                },
            },
        }
    }


def _items(collection: Collection) -> dict[str, Any]:
    asked = [{"$ref": f"#/components/parameters/{name}"} for name in parameters.OF_ITEMS]
    asked += [
        {
            "name": name,
            "in": "query",
            "required": False,
            "schema": _FILTERS[name],
            "description": _DESCRIPTIONS[name],
        }
        for name in collection.filters
    ]
    return _operation(
        f"get_{collection.name}",
        "Data",
        schema={"$ref": "#/components/schemas/features"},
        kind="application/geo+json",
        asked=tuple(asked),
        missing=True,
    )


def _item(collection: Collection) -> dict[str, Any]:
    key = {
        "name": "featureId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
    return _operation(
        f"get_one_of_{collection.name}",
        "Data",
        schema={"$ref": "#/components/schemas/feature"},
        kind="application/geo+json",
        asked=(key,),
        missing=True,
    )
