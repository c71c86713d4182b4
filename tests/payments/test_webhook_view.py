"""The webhook view takes whatever the internet sends: a clear answer, nothing lost, nothing changed."""

import json
from dataclasses import replace
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.test import Client

import raseed
from raseed import testing
from raseed.core.errors import ConfigurationError
from raseed.core.states import State
from raseed.payments.models import Charge, Delivery, Payment, PaymentFact, RejectedDelivery

pytestmark = pytest.mark.django_db

URL = "/hooks/fake/"
LIMIT = 256 * 1024


def genuine(payment, salt=""):
    """A signed request that says: this payment is paid."""
    return testing.delivery_of([testing.pay(payment)], salt=salt)


def sign(body):
    """A request with any body under a good signature."""
    import hashlib
    import hmac

    signature = hmac.new(testing._SECRET, body, hashlib.sha256).hexdigest()
    return replace(testing.delivery_of([]), body=body, headers={"X-Fake-Signature": signature})


def send(raw, client=None, content_type="application/json", url=URL, **more):
    """Post a request to the view as a gateway would."""
    return (client or Client()).post(
        url,
        data=raw.body,
        content_type=content_type,
        headers={"X-Fake-Signature": raw.headers["x-fake-signature"]},
        **more,
    )


@pytest.fixture
def unchanged(payment):
    """At the end of the test the payment stands as at its beginning, and no delivery was kept."""
    before = Payment.objects.values().get(pk=payment.pk)
    history = PaymentFact.objects.count()
    yield payment
    after = Payment.objects.values().get(pk=payment.pk)
    for moment in ("hinted_at", "next_check_at", "check_channel"):
        before.pop(moment), after.pop(moment)
    assert after == before
    assert PaymentFact.objects.count() == history
    assert (Charge.objects.count(), Delivery.objects.count()) == (0, 0)


def is_plain(answer):
    """The answer is one short sentence in JSON, without a traceback, a path or a secret."""
    said = answer.content.decode()
    assert answer["Content-Type"] == "application/json"
    assert set(json.loads(said)) == {"error"}
    assert len(said) < 200
    for secret in ("Traceback", 'File "', ".py", testing._SECRET.decode()):
        assert secret not in said
    return True


def test_a_genuine_delivery_is_kept_and_answered_with_200(payment):
    answer = send(genuine(payment))
    assert (answer.status_code, answer.content) == (200, b"{}")
    payment.refresh_from_db()
    assert (payment.state, payment.first_channel) == (State.PAID, "webhook")


def test_a_site_that_enforces_csrf_still_takes_deliveries(payment):
    answer = send(genuine(payment), Client(enforce_csrf_checks=True))
    assert answer.status_code == 200
    assert Payment.objects.get().state == State.PAID


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_another_method_gets_405_and_is_told_which_one_fits(unchanged, method):
    answer = Client().generic(method, URL, genuine(unchanged).body, content_type="application/json")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/html; x"]
)
def test_another_content_type_gets_415(unchanged, content_type):
    raw = genuine(unchanged)
    answer = Client().generic(
        "POST", URL, raw.body, content_type, headers={"X-Fake-Signature": raw.headers["x-fake-signature"]}
    )
    assert answer.status_code == 415
    assert is_plain(answer)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/vnd.api+json",
        "",
    ],
)
def test_json_by_any_of_its_names_is_taken(payment, content_type):
    raw = genuine(payment)
    answer = Client().generic(
        "POST", URL, raw.body, content_type, headers={"X-Fake-Signature": raw.headers["x-fake-signature"]}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize("charset", ["utf-7", "no-such", "utf-16", "cp037"])
def test_a_made_up_charset_changes_nothing(payment, charset):
    raw = genuine(payment)
    answer = Client().generic(
        "POST",
        f"{URL}?from=caf%C3%A9",
        raw.body,
        f"application/json; charset={charset}",
        headers={"X-Fake-Signature": raw.headers["x-fake-signature"]},
    )
    assert answer.status_code == 200
    assert Delivery.objects.get().query == {"from": "café"}


def test_a_body_of_exactly_the_limit_is_read_and_one_byte_more_is_not(payment):
    body = genuine(payment).body
    whole = sign(body + b" " * (LIMIT - len(body)))
    over = sign(body + b" " * (LIMIT - len(body) + 1))
    answer = send(over)
    assert answer.status_code == 413
    assert is_plain(answer)
    assert Delivery.objects.count() == 0
    assert RejectedDelivery.objects.count() == 0
    assert send(whole).status_code == 200
    assert Payment.objects.get().state == State.PAID


def test_the_limit_holds_when_the_declared_length_lies(unchanged, settings):
    settings.RASEED = settings.RASEED | {"MAX_BODY_BYTES": 100}
    raw = sign(b" " * 101)
    assert send(raw, CONTENT_LENGTH="101").status_code == 413
    assert send(raw, CONTENT_LENGTH="99999999999999999999").status_code == 413


@pytest.mark.parametrize("length", ["", "abc", "-5", "²", "1e3", "+9", "9" * 5000, "0"])
def test_a_content_length_that_is_no_number_is_a_clear_refusal(unchanged, length):
    answer = send(genuine(unchanged), CONTENT_LENGTH=length)
    assert answer.status_code in {400, 401, 411, 413}
    assert is_plain(answer)


def call_as_a_server(environ):
    """Hand the site a WSGI environment as a server does, without the test client's kindness."""
    base = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": URL,
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "CONTENT_TYPE": "application/json",
    }
    handler = Client().handler
    handler.load_middleware()
    answer = handler.get_response(WSGIRequest(base | environ))
    return answer.status_code, json.loads(answer.content)


def test_chunked_bodies_are_read_where_the_server_ends_them(payment):
    raw = genuine(payment)
    environ = {
        "wsgi.input": BytesIO(raw.body),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_X_FAKE_SIGNATURE": raw.headers["x-fake-signature"],
    }
    assert call_as_a_server(environ) == (200, {})
    assert Payment.objects.get().state == State.PAID


def test_the_limit_holds_for_chunked_bodies(unchanged):
    environ = {
        "wsgi.input": BytesIO(b" " * (LIMIT + 1)),
        "wsgi.input_terminated": True,
        "HTTP_TRANSFER_ENCODING": "chunked",
    }
    assert call_as_a_server(environ)[0] == 413


def test_a_chunked_body_that_the_server_does_not_end_asks_for_its_length(unchanged):
    raw = genuine(unchanged)
    environ = {
        "wsgi.input": BytesIO(raw.body),
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_X_FAKE_SIGNATURE": raw.headers["x-fake-signature"],
    }
    status, said = call_as_a_server(environ)
    assert status == 411
    assert "Content-Length" in said["error"]


def test_no_body_and_no_length_is_refused(unchanged):
    assert call_as_a_server({"wsgi.input": BytesIO(b"")})[0] == 401


class _BrokenLine:
    def read(self, *args):
        raise OSError("the line is dead")

    readline = read


def test_a_line_that_breaks_in_the_middle_is_no_error_of_ours(unchanged):
    status, said = call_as_a_server({"wsgi.input": _BrokenLine(), "CONTENT_LENGTH": "50"})
    assert (status, set(said)) == (400, {"error"})


DEEP = b'{"facts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\x00",
        b"\xff\xfe\xfa",
        b'{"facts": "\xc3\x28"}',
        b"\xef\xbb\xbf{}",
        b"null",
        b"[]",
        b"3",
        b'"text"',
        b"{}",
        b'{"facts": null}',
        b'{"facts": 7}',
        b'{"facts": {"a": 1}}',
        b'{"facts": [null]}',
        b'{"facts": [{"reference": {"a": []}}]}',
        b'{"facts": [{"reference": "\\ud800"}]}',
        b'{"facts": [{"reference": "a\\u0000b"}]}',
        b'{"facts": [{"kind": "paid"}], "facts": []}',
        b'{"facts": [], "n": ' + b"9" * 10_000 + b"}",
        b'{"facts": [], "n": 1e999999}',
        b'{"facts": [{"reference": ' + b"9" * 300 + b"}]}",
        DEEP,
        b'{"facts": [' + b",".join([b'{"reference": "x%d"}' % n for n in range(9000)]) + b"]}",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_nonsense_without_a_signature_is_refused(unchanged, body):
    raw = replace(sign(body), headers={"X-Fake-Signature": "0" * 64})
    answer = send(raw)
    assert answer.status_code == 401
    assert is_plain(answer)
    assert bytes(RejectedDelivery.objects.get().head) == body[:4096]


@pytest.mark.parametrize("body", [b"not json", b"\xff\xfe", DEEP], ids=["text", "bytes", "deep"])
def test_signed_nonsense_that_cannot_be_parsed_is_refused(unchanged, body):
    answer = send(sign(body))
    assert answer.status_code == 400
    assert is_plain(answer)
    assert RejectedDelivery.objects.count() == 1


@pytest.mark.parametrize(
    "body",
    [b"null", b"[]", b"{}", b'{"facts": 7}', b'{"facts": [null]}', b'{"facts": [{"kind": "\\u0000"}]}'],
)
def test_signed_json_of_an_unknown_shape_is_kept_for_a_person(payment, body):
    """The gateway did say something: we answer 200 and keep it until somebody knows what it means."""
    assert send(sign(body)).status_code == 200
    delivery = Delivery.objects.get()
    assert (bytes(delivery.body), delivery.state) == (body, "due")
    assert delivery.error
    payment.refresh_from_db()
    assert payment.state == State.PENDING


@pytest.mark.parametrize(
    "signature", ["é" * 64, "", " ", "0" * 5000, "a\x00b", "0" * 63 + "\xff", "a\r\nSet-Cookie: x=1"]
)
def test_a_signature_header_of_odd_characters_is_a_bad_signature(unchanged, signature):
    raw = genuine(unchanged)
    answer = Client().post(URL, raw.body, content_type="application/json", HTTP_X_FAKE_SIGNATURE=signature)
    assert answer.status_code in {400, 401}
    assert is_plain(answer)
    assert "Set-Cookie" not in answer


def test_headers_that_are_kept_hold_no_credentials_and_no_injection(payment):
    raw = genuine(payment)
    answer = send(
        raw,
        HTTP_AUTHORIZATION="Bearer of-secrets",
        HTTP_COOKIE="session=stolen",
        HTTP_USER_AGENT="a\r\nX-Injected: 1\x00",
        HTTP_X_REQUEST_ID="r1",
    )
    assert answer.status_code == 200
    assert "X-Injected" not in answer
    kept = Delivery.objects.get().headers
    assert set(kept) == {"content-type", "user-agent", "x-request-id"}
    assert "stolen" not in json.dumps(kept)
    assert Payment.objects.get().state == State.PAID


@pytest.mark.parametrize("query", ["a=1&a=2", "a=1&b=2&a", "a&a", "%61=1&a=2", "a[]=1&a[]=2"])
def test_a_repeated_query_parameter_is_refused(unchanged, query):
    answer = send(genuine(unchanged), url=f"{URL}?{query}")
    assert answer.status_code == 400
    assert is_plain(answer)


def test_too_many_query_parameters_are_refused(unchanged):
    answer = send(genuine(unchanged), url=f"{URL}?" + "&".join(f"p{n}=1" for n in range(1500)))
    assert answer.status_code == 400
    assert is_plain(answer)


@pytest.mark.parametrize("query", ["a=%00", "%00=1", "a=%ff", "a=%ED%A0%80", "=", "a;b", "a=" + "x" * 3000])
def test_odd_query_parameters_do_not_hinder_a_genuine_delivery(payment, query):
    assert send(genuine(payment), url=f"{URL}?{query}").status_code == 200
    assert Payment.objects.get().state == State.PAID
    assert Delivery.objects.get().state == "read"


def test_atomic_requests_do_not_wrap_the_webhook(payment, settings, monkeypatch):
    """A request that fails later must not take back what was answered; and durable blocks must work."""
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    handler = Client().handler
    handler.load_middleware()
    from django.urls import resolve

    view = resolve(URL).func
    assert handler.make_view_atomic(view) is view
    assert handler.make_view_atomic(raseed.returned) is raseed.returned
    assert send(genuine(payment)).status_code == 200
    assert Payment.objects.get().state == State.PAID


def test_a_misspelt_account_shows_when_the_site_starts():
    with pytest.raises(ConfigurationError, match=r"no account 'paymungo'.*Known: fake, other"):
        raseed.webhook(account="paymungo")


def test_the_body_may_have_been_read_by_a_middleware(payment, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.payments.test_webhook_view.read_first"]
    assert send(genuine(payment)).status_code == 200
    assert Payment.objects.get().state == State.PAID


def read_first(get_response):
    """A middleware that logs bodies, as sites have them."""

    def middleware(request):
        assert request.body is not None
        return get_response(request)

    return middleware
