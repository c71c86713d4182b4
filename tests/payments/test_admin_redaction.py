"""Delivery pages: bodies are readable, and nothing reusable can be read from them."""

import json
from dataclasses import replace

import pytest
from django.urls import reverse

from raseed import testing
from raseed.payments import conf, encryption
from raseed.payments.admin import redaction
from raseed.payments.admin.redaction import MASK
from raseed.payments.models import Delivery, RejectedDelivery

BODY = {
    "data": {
        "amount": 20000,
        "client_key": "pi_1_client_hush",
        "card": {"number": "4343 4343 4343 4345", "cvc": 123, "last4": "4345", "token": "hush"},
        "company": "Shipping & Pans",
        "save_token": False,
        "secret": None,
        "note": "<b>bold</b>",
        "url": "https://shop.example/back?token=hush&id=7",
        "list": [{"apiKey": "hush"}, "Bearer hush.hush.hush"],
    }
}


def page(client, row):
    address = reverse(f"admin:raseed_{row._meta.model_name}_change", args=[row.pk])
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def delivery(body, **more):
    values = {
        "account": "fake",
        "digest": "d",
        "state": "foreign",
        "method": "POST",
        "path": "/hooks/",
        "query": {"hmac": "hush", "id": "7"},
        "headers": {"content-type": "application/json", "user-agent": "Gateway/1"},
        "body": body,
        "received_at": testing.clock(),
    }
    return Delivery.objects.create(**values | more)


@pytest.mark.django_db
def test_a_body_is_pretty_and_its_secrets_are_masked(admin_client):
    shown = page(admin_client, delivery(json.dumps(BODY).encode()))
    assert "hush" not in shown
    assert "4343 4343" not in shown
    assert "&quot;amount&quot;: 20000,\n" in shown
    assert "Shipping &amp; Pans" in shown
    assert "&lt;b&gt;bold&lt;/b&gt;" in shown
    assert "Gateway/1" in shown


@pytest.mark.django_db
def test_an_encrypted_body_says_so_and_masks_what_the_gateway_calls_a_secret(admin_client):
    sealed = encryption.encrypt(json.dumps({"obj": {"card_ref": "hush", "id": 7}}).encode())
    gateway = conf.current().gateway("fake")
    kept = gateway.capabilities
    gateway.capabilities = replace(kept, token_fields=frozenset({"obj.card_ref"}))
    try:
        shown = page(admin_client, delivery(sealed, is_encrypted=True))
    finally:
        gateway.capabilities = kept
    assert "hush" not in shown
    assert sealed.decode() not in shown
    assert "It is kept encrypted." in shown
    assert "&quot;id&quot;: 7" in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "words"),
    [(b"gAAAAA not ours", "It cannot be decrypted"), (None, "Nothing of it can be shown")],
)
def test_an_encrypted_body_that_cannot_be_parsed_shows_nothing(admin_client, body, words):
    body = body or encryption.encrypt(b"plain hush, no document")
    shown = page(admin_client, delivery(body, is_encrypted=True))
    assert words in shown
    assert "hush" not in shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "content_type", "words"),
    [
        (b"a=1&token=hush&b=2", "application/x-www-form-urlencoded", "&quot;b&quot;: &quot;2&quot;"),
        (b"a=1&token=hush&b=2", "text/plain", "b=2"),
        (b"[" * 100_000, "application/json", "[[["),
        (b"\xff\xfe\x00 token: hush", "application/json", "�"),
        (b"", "application/json", "Nothing of it can be shown."),
    ],
)
def test_a_body_of_any_kind_opens(admin_client, body, content_type, words):
    shown = page(admin_client, delivery(body, headers={"Content-Type": content_type}))
    assert words in shown
    assert "hush" not in shown


@pytest.mark.django_db
def test_a_refused_request_is_shown_as_text_without_secrets(admin_client):
    head = b'<script>alert(1)</script>\x00\xe2\x80\xae {"token": "hush", "pan": "4343434343434345", "cut'
    rejected = RejectedDelivery.objects.create(
        account="fake", reason="BadSignature: no", digest="d", head=head, received_at=testing.clock()
    )
    shown = page(admin_client, rejected)
    assert "<script>alert(" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert [bad for bad in ("hush", "\x00", "\u202e", "4343434343434345") if bad in shown] == []


@pytest.mark.parametrize(
    "name",
    [
        *("token", "access_token", "clientSecret", "client_key", "apiKey", "X-Signature", "hmac"),
        *("password", "PASSWD", "pan", "card.pan", "cvc", "cvv2", "cardNumber", "card_number"),
        *("Authorization", "Set-Cookie", "otp", "pin", "privatekey", "PIN_CODE"),
    ],
)
def test_names_that_look_secret(name):
    assert redaction.looks_secret(name)
    assert redaction.redacted({name: {"in": ["it"]}}) == {name: MASK}


@pytest.mark.parametrize(
    "name",
    ["company", "shipping", "amount", "last4", "id", "status", "keyboard", "opinion", "expand", "reference"],
)
def test_names_that_do_not(name):
    assert not redaction.looks_secret(name)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("https://x.example/?token=hush&id=7", f"https://x.example/?token={MASK}&id=7"),
        ('{"secret": "hu\\"sh", "id": 7}', f'{{"secret": "{MASK}", "id": 7}}'),
        ("Authorization: Bearer hush", f"Authorization: {MASK}"),
        ("key sk_live_abcdef1 refused", f"key {MASK} refused"),
        ("card 4343-4343-4343-4345.", f"card {MASK}."),
        ("order 4343434343434346 of 2026-03-01", "order 4343434343434346 of 2026-03-01"),
        ("the token is missing", "the token is missing"),
    ],
)
def test_texts(text, masked):
    assert redaction.redacted_text(text) == masked


def test_a_long_body_is_cut():
    shown = redaction.shown_text(b"a" * (redaction.LONGEST_SHOWN + 1))
    assert shown.endswith("… cut here")
    assert len(shown) < redaction.LONGEST_SHOWN + 20
