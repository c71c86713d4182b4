"""What every gateway must do, whatever its words: inherit `GatewayContract` and describe the gateway.

A gateway's own test file adds what only it does. Deliveries are signed by the tests' own code, never by
the adapter's, so that both cannot be wrong together.
"""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from raseed.core.errors import (
    BadSignature,
    DeliveryError,
    GatewayRefused,
    GatewayUnavailable,
    MalformedDelivery,
    StaleDelivery,
)
from raseed.core.facts import Fact, FactKind, Weight
from raseed.gateways.base import Capabilities, Gateway, RawDelivery
from tests.gateways.wire import Wire

AT = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)

#: A SECRET is planted wherever an account has one, and must come out nowhere.
SECRET = "planted5ecret"

MALFORMED = [
    b"",
    b"\xff\xfe{}",
    b"not json",
    b"[]",
    b"null",
    b'"text"',
    b"12",
    b"{}",
    b'{"data":null}',
    b'{"data":[]}',
    b'{"data":{"attributes":[]}}',
    b'{"data":{"attributes":{}},"data":{"attributes":{}}}',
    b'{"data":{"attributes":{"type":' + b"[" * 5_000 + b"]" * 5_000 + b"}}}",
    b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    b'{"data":{"attributes":{"type":"x","amount":' + b"9" * 5_000 + b"}}}",
    b'{"data":{"attributes":{"type":"x","amount":1e999}}}',
    b'{"data":{"attributes":{"type":"x","amount":NaN}}}',
    b'{"data":{"attributes":{"type":"x","amount":-Infinity}}}',
    b'{"data":{"attributes":{"type":"x"}}}trailing',
    b'{"data":{"attributes":{"type":7}}}',
]

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["paid", "PHP", "refund", "\x00", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)

#: Several gateways inherit each test: that is what the second check would complain about.
FUZZ = settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


class CallsContract:
    """What holds for every call, also where the gateway sends no webhooks. Subclasses define both methods."""

    module: ClassVar[str]

    def make(self, *, http: Any = None, live: bool = False, **changes: Any) -> Gateway:
        """An account whose webhook secret and keys all contain SECRET."""
        raise NotImplementedError

    def calls(self, gateway: Gateway) -> Mapping[str, Callable[[], Any]]:
        """Every call that reaches the network, ready to be made."""
        raise NotImplementedError

    # --- calls ------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        "answer",
        [
            httpx2.ConnectError("refused"),
            httpx2.ConnectTimeout("slow"),
            httpx2.ReadTimeout("slow"),
            httpx2.RemoteProtocolError("cut"),
            (500, {"errors": [{"code": "x", "detail": "their words"}]}),
            (503, "<html>down</html>"),
            (429, "Too many requests, please try again later."),
            (408, ""),
            (302, ""),
            (200, "<html>hello</html>"),
            (200, "[1]"),
            (200, {}),
            (200, {"data": {"id": None}}),
        ],
        ids=str,
    )
    def test_an_unknown_outcome_is_unavailable(self, answer: Any) -> None:
        gateway = self.make(http=Wire({"*": answer}))
        for call in self.calls(gateway).values():
            with pytest.raises(GatewayUnavailable) as caught:
                call()
            assert "their words" not in str(caught.value)
            _assert_keeps_secrets(caught.value)

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
    @pytest.mark.parametrize("content", ["", "<html>", "[]", {"errors": []}, {"errors": [7]}], ids=str)
    def test_a_refusal_is_refused(self, status: int, content: Any) -> None:
        gateway = self.make(http=Wire({"*": (status, content)}))
        for call in self.calls(gateway).values():
            with pytest.raises(GatewayRefused) as caught:
                call()
            assert caught.value.status == status
            assert str(caught.value)
            _assert_keeps_secrets(caught.value)

    def test_a_redirect_is_never_followed(self) -> None:
        wire = Wire({"*": lambda _: httpx2.Response(307, headers={"Location": "https://elsewhere.example/"})})
        for call in self.calls(self.make(http=wire)).values():
            with pytest.raises(GatewayUnavailable):
                call()
        assert {request.url.host for request in wire.sent} != {"elsewhere.example"}
        assert all(request.url.host != "elsewhere.example" for request in wire.sent)

    def test_an_endless_answer_is_cut(self) -> None:
        wire = Wire({"*": lambda _: httpx2.Response(200, content=(b" " * 65536 for _ in range(10_000)))})
        for call in self.calls(self.make(http=wire)).values():
            with pytest.raises(GatewayUnavailable):
                call()

    def test_it_says_what_it_can(self) -> None:
        gateway = self.make()
        assert isinstance(gateway.capabilities, Capabilities)
        assert gateway.capabilities.methods
        assert gateway.name
        assert gateway.livemode is False
        assert self.make(live=True).livemode is True

    def test_importing_it_loads_no_django(self) -> None:
        code = f"import sys, {self.module}; sys.exit('django' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class GatewayContract(CallsContract):
    """With signed webhooks: subclasses set the class variables, and the two methods below as well."""

    #: The window used in the tests, and the longest delay of a genuine retry the default must accept.
    window_seconds: ClassVar[int] = 300
    longest_retry_seconds: ClassVar[int]
    #: What a signed delivery's facts weigh.
    weight: ClassVar[Weight] = Weight.PROOF

    def signed(
        self, body: bytes, *, at: datetime = AT, secret: str = SECRET, live: bool = False
    ) -> RawDelivery:
        """A delivery of this body as the gateway would sign it."""
        raise NotImplementedError

    def genuine(self) -> Mapping[str, bytes]:
        """Bodies of deliveries in test mode, by name."""
        raise NotImplementedError

    # --- signature --------------------------------------------------------------------------------

    def test_a_genuine_delivery_is_read(self) -> None:
        gateway = self.make()
        for name, body in self.genuine().items():
            facts = gateway.read(gateway.verify(self.signed(body)))
            assert facts, name
            assert all(isinstance(fact, Fact) for fact in facts)

    def test_any_changed_byte_of_the_body_is_refused(self) -> None:
        gateway = self.make()
        for body in self.genuine().values():
            delivery = self.signed(body)
            for position in range(0, len(body), max(1, len(body) // 40)):
                changed = bytearray(body)
                changed[position] ^= 1
                with pytest.raises(BadSignature):
                    gateway.verify(replace(delivery, body=bytes(changed)))

    def test_a_shortened_or_extended_body_is_refused(self) -> None:
        gateway = self.make()
        delivery = self.signed(self._one())
        for body in (delivery.body[:-1], delivery.body + b" ", b"", b"\n" + delivery.body):
            with pytest.raises(BadSignature):
                gateway.verify(replace(delivery, body=body))

    def test_another_secret_is_refused(self) -> None:
        with pytest.raises(BadSignature):
            self.make().verify(self.signed(self._one(), secret="another secret"))

    def test_during_a_rotation_each_secret_is_accepted(self) -> None:
        gateway = self.make(webhook_secrets=["the coming one", SECRET])
        for secret in ("the coming one", SECRET):
            assert gateway.verify(self.signed(self._one(), secret=secret))
        with pytest.raises(BadSignature):
            gateway.verify(self.signed(self._one(), secret="the one before"))

    def test_a_delivery_of_the_other_mode_is_refused(self) -> None:
        with pytest.raises(BadSignature):
            self.make(live=True).verify(self.signed(self._one()))
        with pytest.raises(BadSignature):
            self.make().verify(self.signed(self._one(), live=True))

    def test_without_a_secret_everything_is_refused(self) -> None:
        with pytest.raises(BadSignature):
            self.make(webhook_secrets=[]).verify(self.signed(self._one(), secret=""))

    def test_a_delivery_outside_the_window_is_stale(self) -> None:
        gateway = self.make(replay_window_seconds=self.window_seconds)
        delivery = self.signed(self._one())
        for seconds in (-self.window_seconds, -1, 0, self.window_seconds):
            assert gateway.verify(replace(delivery, received_at=AT + timedelta(seconds=seconds)))
        for seconds in (-self.window_seconds - 1, self.window_seconds + 1):
            with pytest.raises(StaleDelivery):
                gateway.verify(replace(delivery, received_at=AT + timedelta(seconds=seconds)))

    def test_a_forged_old_delivery_is_forged_not_stale(self) -> None:
        gateway = self.make(replay_window_seconds=self.window_seconds)
        old = replace(self.signed(self._one(), secret="another"), received_at=AT + timedelta(days=9))
        with pytest.raises(BadSignature):
            gateway.verify(old)

    def test_the_default_window_accepts_the_last_retry(self) -> None:
        delivery = self.signed(self._one())
        late = replace(delivery, received_at=AT + timedelta(seconds=self.longest_retry_seconds))
        assert self.make().verify(late)

    def test_no_window_accepts_any_age(self) -> None:
        delivery = replace(self.signed(self._one()), received_at=AT + timedelta(days=400))
        assert self.make(replay_window_seconds=None).verify(delivery)

    @given(header=st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
    @FUZZ
    def test_any_header_is_an_answer_not_a_crash(self, header: str) -> None:
        delivery = self.signed(self._one())
        for name in delivery.headers:
            with pytest.raises(BadSignature):
                self.make().verify(replace(delivery, headers={name: header}))
        with pytest.raises(BadSignature):
            self.make().verify(replace(delivery, headers={}))

    def test_header_names_ignore_case(self) -> None:
        delivery = self.signed(self._one())
        upper = {name.upper(): value for name, value in delivery.headers.items()}
        assert self.make().verify(replace(delivery, headers=upper))

    def test_a_repeated_query_parameter_is_refused(self) -> None:
        delivery = self.signed(self._one())
        assert self.make().verify(replace(delivery, query={"a": "1"}, query_string=b"a=1&b=1"))
        for query_string in (b"a=1&a=2", b"a&a", b"a=1&%61=2", b"&".join([b"a%d=1" % n for n in range(999)])):
            with pytest.raises(MalformedDelivery):
                self.make().verify(replace(delivery, query={"a": "2"}, query_string=query_string))

    # --- shape ------------------------------------------------------------------------------------

    @pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
    def test_a_signed_body_of_another_shape_is_malformed(self, body: bytes) -> None:
        gateway = self.make()
        with pytest.raises(MalformedDelivery):
            gateway.verify(self.signed(body))
        with pytest.raises(MalformedDelivery):
            gateway.verified_before(self.signed(body))
        assert gateway.peek(self.signed(body)) is not None

    @given(body=st.binary(max_size=200))
    @FUZZ
    def test_any_signed_bytes_are_malformed_or_read(self, body: bytes) -> None:
        self._survives(body)

    @given(document=JSON)
    @FUZZ
    def test_any_signed_json_is_malformed_or_read(self, document: Any) -> None:
        self._survives(json.dumps(document).encode())

    @given(data=st.data())
    @FUZZ
    def test_any_member_may_be_missing_or_odd(self, data: st.DataObject) -> None:
        document = json.loads(data.draw(st.sampled_from(list(self.genuine().values()))))
        for _ in range(data.draw(st.integers(1, 3))):
            where, name = data.draw(st.sampled_from(_places(document)))
            if data.draw(st.booleans()):
                where[name] = data.draw(JSON)
            elif isinstance(where, dict):
                where.pop(name)
            if not _places(document):
                break
        self._survives(json.dumps(document).encode())

    def _survives(self, body: bytes) -> None:
        gateway = self.make()
        gateway.peek(self.signed(body))
        try:
            facts = gateway.read(gateway.verify(self.signed(body)))
        except DeliveryError:
            return
        for fact in facts:
            _assert_storable(fact)
            if fact.kind is FactKind.PAID:
                assert fact.charge_ref
                assert fact.money is not None
                assert fact.money.minor > 0

    # --- reading ----------------------------------------------------------------------------------

    def test_reading_is_pure_and_repeatable(self) -> None:
        gateway = self.make(http=_no_network)
        for body in self.genuine().values():
            verified = gateway.verify(self.signed(body))
            before = copy.deepcopy(verified.document)
            first = gateway.read(verified)
            assert gateway.read(verified) == first
            assert verified.document == before
            assert gateway.read(gateway.verified_before(verified.delivery)) == first

    def test_only_what_was_verified_is_read(self) -> None:
        delivery = self.signed(self._one())
        for other in (delivery, delivery.body, json.loads(delivery.body), None):
            with pytest.raises(TypeError):
                self.make().read(other)  # type: ignore[arg-type]

    def test_facts_fit_the_database_and_hold_no_secret(self) -> None:
        gateway = self.make()
        for body in self.genuine().values():
            for fact in gateway.read(gateway.verify(self.signed(body))):
                assert fact.weight is self.weight
                _assert_storable(fact)

    def test_peek_names_what_the_facts_name(self) -> None:
        gateway = self.make()
        for name, body in self.genuine().items():
            refs = gateway.peek(self.signed(body, secret="forged"))
            for fact in gateway.read(gateway.verify(self.signed(body))):
                assert {fact.gateway_ref} - {None} <= refs.gateway_refs, name
                assert {fact.charge_ref} - {None} <= refs.charge_refs, name
                assert {fact.reference} - {None} <= refs.references, name

    def test_the_account_shows_no_secret(self) -> None:
        gateway = self.make()
        assert SECRET not in repr(gateway)
        assert SECRET not in str(gateway)
        with pytest.raises(BadSignature) as caught:
            gateway.verify(self.signed(self._one(), secret="another"))
        _assert_keeps_secrets(caught.value)

    def _one(self) -> bytes:
        return next(iter(self.genuine().values()))


def _no_network(request: httpx2.Request) -> httpx2.Response:
    raise AssertionError(f"reading called {request.url}")


def _assert_storable(fact: Fact) -> None:
    """A text column takes no NUL and no half character; raw is shown to people and must stay small."""
    texts = [fact.reference, fact.gateway_ref, fact.charge_ref, fact.refund_ref, fact.detail]
    for text in texts:
        assert text is None or (text.isprintable() and len(text) < 600)
    raw = json.dumps(dict(fact.raw), ensure_ascii=False)
    assert "\\u0000" not in raw
    assert len(raw.encode()) < 4096
    assert SECRET not in raw
    assert fact.occurred_at is None or fact.occurred_at.tzinfo is not None


def _assert_keeps_secrets(error: Exception) -> None:
    """Neither in the message nor in the traceback as an error page with local variables shows it."""
    assert SECRET not in str(error)
    assert SECRET not in repr(error)
    ours = traceback.TracebackException.from_exception(error, capture_locals=True)
    frames = [frame for frame in ours.stack if "raseed" in frame.filename and "tests" not in frame.filename]
    assert frames
    assert all(SECRET not in str(frame.locals) for frame in frames)


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a document where a value stands."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for name, inner in list(items) for place in [(value, name), *_places(inner)]]
