"""Posting deliveries as gateways do: again until they are accepted, and several at the same moment."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from bench.peers.delivery import Delivery

#: No answer came: the connection was refused, reset or closed.
NO_ANSWER = 0
TIMEOUT_SECONDS = 30.0


class Gateway:
    """Somebody who delivers to one site, each time over a connection of its own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80

    def post(self, delivery: Delivery) -> int:
        """The status of the answer, or NO_ANSWER."""
        return self._post(delivery, lambda: None)

    def until_accepted(self, delivery: Delivery, tries: int = 40, pause_seconds: float = 0.25) -> list[int]:
        """Deliver it, and again until the answer is 2xx or the gateway gives up: all answers."""
        answers = [self.post(delivery)]
        while not accepted(answers[-1]) and len(answers) < tries:
            time.sleep(pause_seconds)
            answers.append(self.post(delivery))
        return answers

    def at_once(self, delivery: Delivery, copies: int) -> list[int]:
        """So many copies at the same moment: every connection stands before the first byte leaves."""
        barrier = threading.Barrier(copies)
        answers = [NO_ANSWER] * copies

        def deliver(number: int) -> None:
            answers[number] = self._post(delivery, barrier.wait)

        threads = [threading.Thread(target=deliver, args=(number,)) for number in range(copies)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def _post(self, delivery: Delivery, ready: Callable[[], object]) -> int:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_SECONDS)
        headers = delivery.headers()
        try:
            try:
                connection.connect()
            finally:
                # Whoever could not connect must not leave the others waiting.
                ready()
            connection.request("POST", delivery.path, delivery.body, headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return NO_ANSWER
        else:
            return answer.status
        finally:
            connection.close()


def accepted(status: int) -> bool:
    """Whether a gateway takes this answer as received."""
    return 200 <= status < 300
