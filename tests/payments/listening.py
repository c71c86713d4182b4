"""How tests listen to event streams: one page's connection to the ASGI application, without a network."""

import asyncio
import json

from django.db import connection

from raseed.payments.models import Payment
from raseed.payments.tokens import status_token

#: Far more than anything here takes; a failure is an error and no hanging run.
PATIENCE_SECONDS = 10


class Listener:
    """One page's connection to the ASGI application, without a network between them."""

    def __init__(self, app, path, method="GET", **headers):
        self.app = app
        path, _, query = path.partition("?")
        named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.scope = {"type": "http", "method": method, "path": path, "query_string": query.encode()}
        self.scope["headers"] = named
        self.said: asyncio.Queue = asyncio.Queue()
        self.leaves = asyncio.Event()
        self.status, self.headers = None, {}

    async def __aenter__(self):
        self.task = asyncio.create_task(self.app(self.scope, self._receive, self._send))
        await self._until(lambda: self.status)
        return self

    async def __aexit__(self, *error):
        self.leaves.set()
        await asyncio.wait_for(self.task, PATIENCE_SECONDS)

    async def _until(self, happened):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened():
                await asyncio.sleep(0)

    async def _receive(self):
        await self.leaves.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            await self.said.put(message["body"].decode())
            if not message["more_body"]:
                await self.said.put(None)

    async def next(self, seconds=PATIENCE_SECONDS):
        return await asyncio.wait_for(self.said.get(), seconds)

    async def event(self, seconds=PATIENCE_SECONDS):
        """The next event as its name, id and data; heartbeats and `retry` are passed over."""
        while True:
            said = await self.next(seconds)
            assert said is not None, "the stream has ended"
            if "event:" in said:
                fields = dict(line.split(": ", 1) for line in said.strip().splitlines())
                return fields["event"], fields.get("id"), json.loads(fields["data"])

    async def rest(self):
        """All that is said until the response ends."""
        parts = []
        while (part := await self.next()) is not None:
            parts.append(part)
        return "".join(parts)


def path_of(payment, after=None):
    query = "" if after is None else f"?after={after}"
    return f"/events/{status_token(payment.reference)}/{query}"


def version_of(payment):
    return Payment.objects.values_list("version", flat=True).get(pk=payment.pk)


def in_thread(do, *arguments):
    """Run what uses the database beside the loop, and give its connection back."""

    def run():
        try:
            return do(*arguments)
        finally:
            connection.close()

    return asyncio.to_thread(run)
