"""An OpenAPI 3.1 file as something to hold requests and responses against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker

Schema = dict[str, Any]
METHODS = ("get", "post", "delete")


class OpenApiFile:
    """One official file. References are replaced by what they name.

    What stands beside a `$ref` is merged into it, as the authors of these files mean it: read strictly,
    `additionalProperties: false` beside a `$ref` would refuse every member.
    """

    def __init__(self, file: Path) -> None:
        self._document = yaml.safe_load(file.read_text(encoding="utf-8"))
        self.operations = {
            (method.upper(), path): self._operation(item, method)
            for path, item in self._document["paths"].items()
            for method in METHODS
            if method in item
        }
        self._patterns = [
            (method, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), (method, path))
            for method, path in self.operations
        ]

    def find(self, method: str, path: str) -> tuple[str, str] | None:
        """The operation of a call; None where the file knows no such one."""
        return next(
            (key for m, pattern, key in self._patterns if m == method and pattern.fullmatch(path)), None
        )

    def _operation(self, item: Schema, method: str) -> Schema:
        operation: Schema = self._resolved(item[method])
        operation["parameters"] = [
            *self._resolved(item.get("parameters", [])),
            *operation.get("parameters", []),
        ]
        return operation

    def _resolved(self, node: Any) -> Any:
        if isinstance(node, list):
            return [self._resolved(entry) for entry in node]
        if not isinstance(node, dict):
            return node
        beside = {key: self._resolved(value) for key, value in node.items() if key != "$ref"}
        if "$ref" not in node:
            return beside
        found: Any = self._document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return {**self._resolved(found), **beside}

    # -- what is wrong with a call -------------------------------------------------------------------------

    def wrong_request(
        self, key: tuple[str, str], headers: Mapping[str, str], query: Mapping[str, str], body: Any
    ) -> list[str]:
        """What the file does not allow about a request; `body` is parsed JSON, or None for none."""
        operation = self.operations[key]
        wrong = [
            text
            for parameter in operation["parameters"]
            for text in _wrong_parameter(parameter, headers, query)
        ]
        stated = operation.get("requestBody")
        if stated is None:
            return wrong + ([] if body is None else ["a body, where there is none"])
        if body is None:
            return wrong + (["no body"] if stated.get("required") else [])
        return wrong + list(errors(stated["content"]["application/json"]["schema"], body))

    def statuses(self, key: tuple[str, str]) -> list[int]:
        """The answers that the file lists for an operation."""
        return [int(status) for status in self.operations[key]["responses"]]

    def wrong_response(self, key: tuple[str, str], status: int, body: Any) -> list[str]:
        """What the file does not allow about an answer with a status that it lists."""
        content = self.operations[key]["responses"][str(status)].get("content")
        if content is None:
            return [] if body is None else [f"a body with {status}, where there is none"]
        return list(errors(content["application/json"]["schema"], body))


def _wrong_parameter(
    parameter: Schema, headers: Mapping[str, str], query: Mapping[str, str]
) -> Iterator[str]:
    name, where = parameter["name"], parameter["in"]
    if where == "path":
        return
    given = headers.get(name.lower()) if where == "header" else query.get(name)
    if given is None:
        if parameter.get("required"):
            yield f"{where} {name} is missing"
        return
    value: object = int(given) if parameter["schema"]["type"] == "integer" and given.isdigit() else given
    for text in errors(parameter["schema"], value):
        yield f"{where} {name}: {text}"


def errors(schema: Schema, value: object) -> Iterator[str]:
    """What a value's schema says against it."""
    for error in OAS31Validator(schema, format_checker=oas31_format_checker).iter_errors(value):
        deepest = max(error.context, key=lambda cause: len(cause.absolute_path), default=error)
        place = "/".join(map(str, deepest.absolute_path))
        yield f"at {place or 'the top'}: {deepest.message}"


@cache
def official(folder: str, name: str) -> OpenApiFile:
    """One of the files beside this module, read once."""
    return OpenApiFile(Path(__file__).parent / folder / f"{name}.yaml")
