"""What a customer is told: kinds of page, the same as JSON and as a part, and the tag for a shop."""

import re

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

import raseed
from raseed import testing
from raseed.core.facts import FactKind
from raseed.core.money import Money
from raseed.payments.amounts import amount_text
from raseed.payments.models import Payment
from raseed.payments.phrases import PHRASES, STEPS_DONE, Page
from raseed.payments.told import UNKNOWN_AFTER_SECONDS, tell
from tests.bookshop.models import Book, Parcel
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, paid, php

pytestmark = pytest.mark.django_db


def document(client, payment):
    return client.get(payment.status_url(), {"format": "json"}).json()


def whole(client, payment):
    return client.get(payment.status_url()).content.decode()


class TestWhatIsKnown:
    def test_every_page_has_words_and_a_tone(self):
        assert set(PHRASES) == set(Page)
        assert all(phrase.title and phrase.text for phrase in PHRASES.values())
        assert {phrase.tone for phrase in PHRASES.values()} == {"good", "bad", "wait", "plain"}

    def test_a_failed_attempt_says_why_and_leads_back_to_the_payment_page(self, payment, client):
        testing.deliver(payment, testing.say(payment, FactKind.ATTEMPT_FAILED, detail="Not enough money."))
        said = document(client, payment)
        assert (said["page"], said["reason"], said["state"]) == ("retry", "Not enough money.", "pending")
        assert said["checkout_url"]
        assert f'href="{said["checkout_url"]}">Try again on the payment page' in whole(client, payment)

    def test_where_only_the_shop_can_open_it_again_the_way_back_is_the_way_to_try_again(
        self, payment, client
    ):
        Payment.objects.update(checkout_url="")
        testing.deliver(payment, testing.say(payment, FactKind.ATTEMPT_FAILED, detail="Not enough money."))
        back = r'<a class="raseed-button" data-key="back"[^>]*>Back to the shop, to try again'
        assert re.search(back, whole(client, payment))

    def test_words_of_the_wire_are_no_reason_and_do_not_replace_one(self, payment, client):
        testing.deliver(payment, testing.say(payment, FactKind.ATTEMPT_FAILED, detail="source expired"))
        assert (document(client, payment)["page"], document(client, payment)["reason"]) == ("retry", "")
        for detail in ("payment failed: Not enough money.", "intent awaiting_method"):
            testing.deliver(payment, testing.say(payment, FactKind.FAILED, detail=detail), salt=detail)
        assert document(client, payment)["reason"] == "Not enough money."

    @pytest.mark.parametrize(
        ("client_has", "page"),
        [({"qr_image": "data:image/png;base64,AA"}, "code"), ({"bill_number": "12"}, "bill")],
    )
    def test_a_code_to_pay_with_comes_before_everything_else(self, payment, client, client_has, page):
        Payment.objects.update(client=client_has)
        shown = whole(client, payment)
        assert document(client, payment)["page"] == page
        assert shown.index('data-slot="client"') < shown.index("raseed-steps")
        assert next(iter(client_has.values())) in shown

    def test_a_bill_is_paid_in_its_own_time(self, payment, client):
        Payment.objects.update(client={"bill_number": "12"})
        testing.travel(2 * 24 * 3600)
        assert document(client, payment)["page"] == "bill"
        assert "Give it at a kiosk" in whole(client, payment)

    def test_a_payment_that_succeeds_after_all_has_no_reason_left(self, payment, client):
        testing.deliver(payment, testing.say(payment, FactKind.ATTEMPT_FAILED, detail="Not enough money."))
        testing.pay(payment)
        testing.deliver(payment, salt="paid")
        assert document(client, payment)["reason"] == ""

    def test_after_some_minutes_it_says_that_nothing_is_known_and_what_comes_next(self, payment, client):
        testing.freeze()
        assert document(client, payment)["page"] == "waiting"
        testing.travel(UNKNOWN_AFTER_SECONDS)
        assert document(client, payment)["page"] == "unknown"
        assert "We keep asking" in whole(client, payment)

    def test_a_refusal_to_open_is_no_news_for_the_customer(self, payment, client):
        """The adapter's words about a wrong key are for whoever runs the shop."""
        Payment.objects.update(state="failed", gateway_ref="", detail="Check SECRET_KEY.")
        assert document(client, payment)["reason"] == ""

    def test_what_fulfil_returned_is_named_and_linked(self, payment, client, monkeypatch):
        monkeypatch.setattr(Parcel, "get_absolute_url", lambda self: f"/parcels/{self.pk}/", raising=False)
        testing.pay(payment)
        testing.deliver(payment)
        made = Parcel.objects.get()
        created = [{"label": f"parcel of {made.book}", "url": f"/parcels/{made.pk}/"}]
        assert document(client, payment)["created"] == created
        assert f'<a href="/parcels/{made.pk}/">parcel of Noli Me Tangere</a>' in whole(client, payment)
        made.delete()
        assert document(client, payment)["created"] == []

    def test_what_has_no_address_here_is_named_and_no_link(self, start, client, monkeypatch):
        payment = paid(start)
        assert document(client, payment)["created"] == [{"label": "parcel of Noli Me Tangere", "url": ""}]
        monkeypatch.setattr(BuyBook, "created_link", lambda self, made: ("Parcel", "https://evil.example/"))
        assert document(client, payment)["created"] == [{"label": "Parcel", "url": ""}]

    def test_money_on_its_way_back_and_money_that_went_back(self, start, client):
        payment = paid(start)
        raseed.request_refund(payment, php(5000))
        said = document(client, payment)
        assert (said["page"], said["going_back"]["text"], said["refunded"]) == ("paid", "₱50.00", None)
        assert "is on its way back to you" in whole(client, payment)
        testing.work()
        said = document(client, again(payment))
        assert (said["page"], said["going_back"], said["refunded"]["text"]) == ("paid", None, "₱50.00")
        assert "was sent back to you" in whole(client, payment)

    def test_a_code_to_scan_and_a_number_to_copy_are_shown_while_they_are_good(self, payment, client):
        code = "data:image/png;base64,AAAA"
        Payment.objects.update(checkout_url="", client={"qr_image": code, "bill_number": "4321 0987"})
        said = whole(client, payment)
        assert f'src="{code}"' in said
        assert "4321 0987" in said
        assert "You can pay until" in said
        Payment.objects.update(state="expired")
        assert code not in whole(client, payment)
        assert document(client, payment)["client"] == {}

    def test_no_page_is_a_dead_end(self, start, client, monkeypatch):
        payment = start(next="").payment
        assert document(client, payment)["next_url"] == "/"
        monkeypatch.setattr(Book, "get_absolute_url", lambda self: f"/books/{self.pk}/", raising=False)
        assert document(client, payment)["next_url"] == f"/books/{payment.payable_key}/"
        for state in ("failed", "expired", "cancelled", "lapsed", "review"):
            Payment.objects.update(state=state)
            assert f'href="/books/{payment.payable_key}/"' in whole(client, payment)

    def test_the_way_is_shown_where_it_goes_well_and_the_step_under_way_is_marked(self, payment, client):
        said = whole(client, payment)
        assert re.findall(r'<li class="raseed-(\w+)"', said) == ["done", "current", "ahead", "ahead"]
        assert said.count('aria-current="step"') == 1
        assert not {Page.FAILED, Page.HELD, Page.REFUNDED} & set(STEPS_DONE)

    def test_pages_look_again_ever_more_seldom_and_not_forever(self, payment):
        testing.freeze()
        pauses = []
        for travelled in (0, 60, 120, 3600, 7200, 90_000):
            testing.travel(travelled)
            pauses.append(tell(payment).poll_seconds)
        assert pauses == [3, 3, 10, 300, 300, 0]

    def test_what_is_final_is_not_looked_at_again(self, start):
        assert tell(paid(start)).poll_seconds == 0


class TestAmounts:
    @pytest.mark.parametrize(
        ("money", "text"),
        [
            (Money(125000, "PHP"), "₱1,250.00"),
            (Money(100, "INR"), "₹1.00"),
            (Money(1500, "JPY"), "JPY\u00a01,500"),
            (Money(2500, "KWD"), "KWD\u00a02.500"),
        ],
    )
    def test_with_the_sign_and_the_decimals_of_the_currency(self, money, text):
        assert amount_text(money) == text

    def test_in_the_language_of_the_page(self):
        with translation.override("de"):
            assert amount_text(Money(125000, "EUR")) == "€1.250,00"


class TestForPrograms:
    def test_json_says_how_it_stands(self, start, client):
        payment = paid(start)
        said = document(client, payment)
        assert {name: said[name] for name in ("reference", "state", "page", "title", "version")} == {
            "reference": payment.reference,
            "state": "paid",
            "page": "paid",
            "title": "Paid. Thank you!",
            "version": payment.version,
        }
        assert said["amount"] == {"minor": 20000, "currency": "PHP", "text": "₱200.00"}
        assert said["paid_at"] == payment.paid_at.isoformat()

    def test_a_request_that_takes_json_and_no_html_gets_it(self, payment, client):
        url = payment.status_url()
        assert client.get(url, headers={"accept": "application/json"})["Content-Type"] == "application/json"
        for accepted in ("text/html,application/json", "*/*", "image/png"):
            answer = client.get(url, headers={"accept": accepted})
            assert answer["Content-Type"] == "text/html; charset=utf-8"

    @pytest.mark.parametrize("wanted", ["json", "part"])
    def test_what_has_not_changed_is_not_sent_again(self, payment, client, wanted):
        url = f"{payment.status_url()}?format={wanted}"
        first = client.get(url)
        assert "no-store" in first["Cache-Control"]
        same = client.get(url, headers={"if-none-match": first["ETag"]})
        assert (same.status_code, same.content, same["ETag"]) == (304, b"", first["ETag"])
        testing.pay(payment)
        testing.deliver(payment)
        changed = client.get(url, headers={"if-none-match": first["ETag"]})
        assert changed.status_code == 200
        assert changed["ETag"] != first["ETag"]

    def test_nobody_without_the_link(self, payment, client):
        assert client.get(f"/payments/{payment.reference}/", {"format": "json"}).status_code == 404

    def test_it_is_cheap(self, payment, client, django_assert_max_num_queries):
        with django_assert_max_num_queries(2):
            document(client, payment)


class TestTheTag:
    def render(self, payment, source="{% load raseed %}{% payment_status payment %}", user=None, **more):
        request = RequestFactory().get("/books/7/")
        request.user = user
        return Template(source).render(Context({"payment": payment, "request": request, **more}))

    def test_who_may_see_the_payment_sees_it_and_nobody_else(self, payment, django_user_model):
        shown = self.render(payment, user=django_user_model(username="reader"))
        assert "Checking your payment" in shown
        assert f'data-url="{payment.status_url()}?format=part"' in shown
        assert self.render(payment).strip() == ""
        assert self.render(None, user=django_user_model()).strip() == ""

    def test_a_view_that_has_checked_says_so(self, payment):
        source = "{% load raseed %}{% payment_status payment heading='h3' back=False checked=True %}"
        shown = self.render(payment, source)
        assert '<h3 class="raseed-title"' in shown
        assert 'data-slot="back"' not in shown

    def test_a_heading_that_is_none_is_told(self, payment):
        with pytest.raises(ValueError, match="use h1, h2, h3 or h4"):
            self.render(payment, "{% load raseed %}{% payment_status payment heading='b' checked=True %}")

    def test_the_stream_is_named_where_the_site_runs_one(self, payment, settings):
        source = "{% load raseed %}{% payment_status payment checked=True %}"
        assert "data-stream" not in self.render(payment, source)
        settings.RASEED = settings.RASEED | {"EVENTS_URL": "/payment-events/"}
        token = payment.status_url().split("/")[-2]
        assert f'data-stream="/payment-events/{token}/?after={payment.version}"' in self.render(
            payment, source
        )

    def test_a_strict_content_security_policy_is_enough(self, payment, client):
        """No script and no style of its own stands in the page, and no attribute runs anything."""
        said = whole(client, payment)
        assert not re.search(r"<script(?![^>]*\bsrc=)", said)
        assert "<style" not in said
        assert not re.search(r"\s(?:on\w+|style)=", said)

    def test_news_are_announced_and_their_frame_stays(self, payment, client):
        part = client.get(f"{payment.status_url()}?format=part").content.decode()
        assert part.count('role="status" aria-live="polite" aria-atomic="true"') == 1
        slots = re.findall(r'data-slot="(\w+)"', part)
        assert slots == ["mark", "title", "text", "client", "steps", "facts", "actions", "back"]

    def test_an_amount_by_itself(self):
        rendered = Template("{% load raseed %}{{ price|money }}").render(Context({"price": php(200)}))
        assert rendered == "<bdi>₱2.00</bdi>"
