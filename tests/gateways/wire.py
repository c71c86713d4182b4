"""A wire without a network: scripted answers by method and path, and a record of what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2

Answer = tuple[int, Any] | Exception | Callable[[httpx2.Request], Any]


class Wire:
    """Pass it as `http=`. Answers to one call are used in order; the last one stays."""

    def __init__(self, script: dict[str, Answer | list[Answer]] | None = None) -> None:
        self.script = {
            call: list(answers) if isinstance(answers, list) else [answers]
            for call, answers in (script or {}).items()
        }
        self.sent: list[httpx2.Request] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        request.read()
        self.sent.append(request)
        answers = self.script.get(f"{request.method} {request.url.path}") or self.script.get("*")
        if not answers:
            raise AssertionError(f"nothing is scripted for {request.method} {request.url.path}")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, httpx2.Response):
            return answer
        status, content = answer
        text = content if isinstance(content, str) else json.dumps(content)
        return httpx2.Response(status, content=text.encode())

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.sent]

    def count(self, call: str) -> int:
        return self.calls.count(call)

    def body(self, number: int = -1) -> Any:
        return json.loads(self.sent[number].content)
