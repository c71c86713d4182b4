"""`Idempotency-Key`: the first answer is kept for 24 hours and given again.

https://developers.paymongo.com/reference/idempotent-requests. Not documented, and chosen here: a key
belongs to one API key, method and path; other parameters under the same key are answered 400
`parameter_invalid`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from raseed.sandbox.exchange import Answer, Exchange
from raseed.sandbox.paymongo.errors import ApiError, refused
from raseed.sandbox.paymongo.world import World

KEPT_SECONDS = 24 * 3600
LONGEST_KEY = 255


def once(world: World, exchange: Exchange, api_key: str, work: Callable[[], Answer]) -> Answer:
    """The kept answer for this request's key, or that of `work`, kept unless the request was invalid."""
    key = exchange.headers.get("idempotency-key")
    if key is None or exchange.method not in ("POST", "PUT", "PATCH"):
        return work()
    if not 1 <= len(key) <= LONGEST_KEY:
        raise refused("parameter_invalid", f"The Idempotency-Key must have 1 to {LONGEST_KEY} characters.")
    slot = hashlib.sha256("\n".join((api_key, exchange.method, exchange.path, key)).encode()).hexdigest()
    parameters = hashlib.sha256(exchange.body).hexdigest()
    kept = world.table("answers").get(slot)
    if kept is not None and kept["until"] > world.now():
        if kept["parameters"] != parameters:
            raise refused("parameter_invalid", "The Idempotency-Key was used with other parameters.")
        return Answer(kept["status"], kept["body"].encode())
    answer = _answered(work)
    world.table("answers")[slot] = {
        "until": world.now() + KEPT_SECONDS,
        "parameters": parameters,
        "status": answer.status,
        "body": answer.body.decode(),
    }
    return answer


def _answered(work: Callable[[], Answer]) -> Answer:
    """The answer, a refusal included; an invalid request is raised, so that it is not kept."""
    try:
        return work()
    except ApiError as error:
        if error.is_validation:
            raise
        return Answer.json({"errors": error.problems}, error.status)
