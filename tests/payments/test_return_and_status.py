"""Coming back from the gateway, and the page that says how the payment stands."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import Signer
from django.db import connection, transaction
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

import raseed
from raseed import testing
from raseed.core.errors import ConfigurationError, GatewayUnavailable, InsideTransaction
from raseed.core.facts import FactKind
from raseed.core.states import State
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.links import gateway_return_url, site_path
from raseed.payments.models import Payment, Ruling
from raseed.payments.tokens import reference_of, status_token
from tests.bookshop.models import Book
from tests.bookshop.payments import BuyBook

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment(start):
    return start(next="/books/7/").payment


@pytest.fixture
def back(payment):
    """The path to which the gateway sends the browser."""
    return gateway_return_url("/back/", payment.reference).removeprefix("https://shop.example")


def queries(gateway):
    return gateway.calls.count("query")


class TestTokens:
    def test_a_token_names_its_payment_and_no_other_can_be_made_from_it(self):
        token = status_token("ab12-c0ffee")
        assert reference_of(token) == "ab12-c0ffee"
        for forged in (
            token[:-1],
            token + "x",
            token.replace("c0ffee", "c0ffef"),
            "ab12-c0ffee",
            "",
            ":",
            "a\x00:b",
        ):
            assert reference_of(forged) is None

    def test_a_signature_for_something_else_opens_nothing(self, payment):
        for salt in ("", "raseed", "django.core.signing"):
            assert reference_of(Signer(salt=salt or None).sign(payment.reference)) is None

    def test_links_outlive_a_new_secret_key_that_names_the_old_one(self, payment, settings):
        token = status_token(payment.reference)
        with override_settings(SECRET_KEY="new", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
            assert reference_of(token) == payment.reference
        with override_settings(SECRET_KEY="new"):
            assert reference_of(token) is None


class TestReturn:
    def test_it_asks_the_gateway_and_leads_to_the_signed_page(self, payment, back, client, gateway):
        testing.pay(payment)
        answer = client.get(back)
        assert (answer.status_code, answer["Location"]) == (303, payment.status_url())
        assert "no-store" in answer["Cache-Control"]
        payment.refresh_from_db()
        assert (payment.state, payment.first_channel, queries(gateway)) == (State.PAID, "return", 1)

    def test_the_visit_itself_proves_nothing(self, payment, back, client):
        assert client.get(f"{back}&status=paid&success=true").status_code == 303
        payment.refresh_from_db()
        assert payment.state == State.PENDING

    @pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
    def test_browsers_may_come_back_by_any_usual_method(self, payment, back, method):
        testing.pay(payment)
        answer = Client(enforce_csrf_checks=True).generic(method, back, b"status=paid", "text/plain")
        assert (answer.status_code, answer["Location"]) == (303, payment.status_url())
        payment.refresh_from_db()
        assert payment.state == State.PAID

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
    def test_other_methods_get_405(self, back, gateway, method):
        answer = Client().generic(method, back)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")
        assert queries(gateway) == 0

    def test_a_link_that_we_did_not_sign_is_not_found(self, payment, client, gateway):
        token = status_token(payment.reference)
        for query in (
            "",
            "?payment=",
            f"?payment={payment.reference}",
            f"?payment={token[:-1]}",
            f"?payment={token}&payment={token}",
            f"?payment={payment.pk}",
            f"?task_id={payment.payable_key}",
            "?payment=%00",
            "?payment=%ff%fe",
        ):
            assert client.get(f"/back/{query}").status_code == 404
        assert queries(gateway) == 0

    def test_the_gateway_is_asked_once_in_five_seconds_however_often_the_page_is_loaded(
        self, payment, back, client, gateway
    ):
        testing.freeze()
        for _ in range(4):
            assert client.get(back).status_code == 303
        assert queries(gateway) == 1
        testing.travel(4.9)
        client.get(back)
        assert queries(gateway) == 1
        testing.travel(0.1)
        client.get(back)
        assert queries(gateway) == 2

    def test_a_paid_payment_is_not_asked_about_again(self, payment, back, client, gateway):
        testing.pay(payment)
        testing.deliver(payment)
        assert client.get(back).status_code == 303
        assert queries(gateway) == 0

    def test_a_gateway_that_does_not_answer_leaves_the_customer_on_the_waiting_page(
        self, payment, back, client, gateway
    ):
        gateway.trouble["query"] = [GatewayUnavailable("no answer")]
        answer = client.get(back, follow=True)
        assert (answer.status_code, answer.context["page"]) == (200, "unknown")
        payment.refresh_from_db()
        assert (payment.state, payment.lease_until) == (State.PENDING, None)
        assert "no answer" in payment.check_error

    @pytest.mark.parametrize("mistake", [ConfigurationError("needs SECRET_KEY"), KeyError("a bug")])
    def test_a_mistake_of_ours_does_not_meet_the_customer(self, payment, back, client, gateway, mistake):
        gateway.trouble["query"] = [mistake]
        answer = client.get(back)
        assert (answer.status_code, answer["Location"]) == (303, payment.status_url())

    def test_an_account_that_is_gone_does_not_meet_the_customer(self, payment, back, client, settings):
        accounts = {"other": settings.RASEED["ACCOUNTS"]["other"]}
        settings.RASEED = settings.RASEED | {"ACCOUNTS": accounts}
        assert client.get(back, follow=True).status_code == 200

    def test_a_gateway_that_is_being_asked_is_not_asked_twice(self, payment, back, client, gateway):
        """Two tabs come back while the first question is still under way."""

        def meanwhile():
            Payment.objects.update(checked_at=None)  # five seconds have passed, and no answer yet
            answers.append(client.get(back))

        answers = []
        gateway.before["query"] = meanwhile
        assert client.get(back).status_code == 303
        assert (answers[0].status_code, queries(gateway)) == (303, 1)

    def test_an_address_of_the_shop_with_parameters_keeps_them(self, payment):
        for path in ("/payment/success/?task_id=7", "/payment/success/?task_id=7#top"):
            url = urlsplit(gateway_return_url(path, payment.reference))
            assert parse_qs(url.query) == {"task_id": ["7"], "payment": [status_token(payment.reference)]}

    def test_a_parameter_of_our_name_is_replaced_so_that_the_link_stays_readable(self, payment, client):
        url = gateway_return_url("/back/?payment=1", payment.reference)
        assert client.get(url.removeprefix("https://shop.example")).status_code == 303

    def test_without_an_address_of_the_shop_it_comes_back_to_ours(self, payment, client):
        url = gateway_return_url("", payment.reference).removeprefix("https://shop.example")
        assert url.startswith(reverse("raseed:returned"))
        assert client.get(url)["Location"] == payment.status_url()


class TestReturnToAViewOfTheShop:
    """`/payment/success/?task_id=7`: the number in the address can be guessed, so it opens nothing."""

    def visit(self, payment, query="", user=None):
        request = RequestFactory().get(f"/payment/success/?task_id=7&{query}")
        request.user = user
        return raseed.returned(request, payment=payment)

    def test_a_stranger_learns_nothing_but_the_gateway_is_asked(self, payment, gateway):
        testing.pay(payment)
        answer = self.visit(payment)
        said = answer.content.decode()
        assert (answer.status_code, queries(gateway)) == (200, 1)
        assert "Location" not in answer
        for secret in (payment.reference, status_token(payment.reference), "200.00", "Noli Me Tangere"):
            assert secret not in said
        payment.refresh_from_db()
        assert payment.state == State.PAID

    def test_a_stranger_with_the_link_of_another_payment_learns_nothing(self, payment, start):
        other = start(purpose="gift").payment
        answer = self.visit(payment, f"payment={status_token(other.reference)}")
        assert answer.status_code == 200
        assert payment.reference not in answer.content.decode()

    def test_who_may_see_it_is_led_to_the_page(self, payment, django_user_model):
        answer = self.visit(payment, user=django_user_model(username="reader"))
        assert (answer.status_code, answer["Location"]) == (303, payment.status_url())

    def test_who_holds_its_link_is_led_to_the_page(self, payment):
        answer = self.visit(payment, f"payment={status_token(payment.reference)}")
        assert (answer.status_code, answer["Location"]) == (303, payment.status_url())

    @pytest.mark.parametrize("missing", ["payable", "purpose"])
    def test_where_the_thing_or_its_purpose_is_gone_nobody_may_see_it(
        self, payment, settings, django_user_model, missing
    ):
        if missing == "payable":
            Book.objects.all().delete()
        else:
            settings.RASEED = settings.RASEED | {"PURPOSES": {}}
        answer = self.visit(payment, user=django_user_model(username="reader"))
        assert (answer.status_code, "Location" in answer) == (200, False)

    def test_a_view_inside_a_transaction_is_told_the_remedy(self, payment):
        with pytest.raises(InsideTransaction, match="non_atomic_requests"), transaction.atomic():
            self.visit(payment, f"payment={status_token(payment.reference)}")


class TestNextStaysOnTheSite:
    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("", ""),
            ("/books/7/", "/books/7/"),
            ("/books/?page=2#top", "/books/?page=2#top"),
            ("books", "/books"),
            ("https://shop.example/books/", "/books/"),
            ("https://shop.example", "/"),
        ],
    )
    def test_addresses_of_this_site_are_kept_as_paths(self, given, kept):
        assert site_path(given, "next") == kept

    @pytest.mark.parametrize(
        "given",
        [
            "https://evil.example/",
            "//evil.example/",
            "///evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://shop.example/",
            "https://shop.example@evil.example/",
            "https://shop.example.evil.example/",
            "/.//evil.example/",
            "/a/..//evil.example/",
            "/./\\evil.example/",
            "https://shop.example//evil.example/",
            "/\t/evil.example",
            "/books\x00",
            "\x01https://evil.example",
            "https:evil.example",
        ],
    )
    def test_everything_else_is_dropped_and_no_matter_to_the_payer(self, book, start, given):
        assert start(next=given).payment.next_url == ""
        with pytest.raises(ConfigurationError, match="leads away"):
            site_path(given, "return_url")

    def test_the_page_leads_there(self, payment, client):
        testing.pay(payment)
        testing.deliver(payment)
        assert 'href="/books/7/"' in client.get(payment.status_url()).content.decode()


class TestStatusPage:
    def page(self, payment, client):
        answer = client.get(payment.status_url())
        assert answer.status_code == 200
        return answer.context["page"], answer.content.decode()

    @pytest.mark.parametrize(
        ("state", "words"),
        [
            ("new", "Checking your payment"),
            ("pending", "Checking your payment"),
            ("authorized", "Your money is set aside"),
            ("failed", "The payment did not go through"),
            ("expired", "The payment has expired"),
            ("cancelled", "The payment was cancelled"),
            ("lapsed", "The time to pay is over"),
            ("review", "Received, and being looked at"),
        ],
    )
    def test_each_state_has_its_own_words(self, payment, client, state, words):
        Payment.objects.update(state=state)
        page, said = self.page(payment, client)
        assert re.search(f"<h1 [^>]*>{words}</h1>", said)
        assert "200.00" in said.replace("\xa0", " ")
        looks_again = page in {"waiting", "authorized", "lapsed", "review"}
        assert ('<noscript><meta http-equiv="refresh" content="3"></noscript>' in said) == looks_again

    def test_every_state_is_covered(self):
        listed = self.test_each_state_has_its_own_words.pytestmark[0].args[1]
        assert {state for state, _ in listed} | {"paid"} == set(State)

    def test_paid_and_given(self, payment, client):
        testing.pay(payment)
        testing.deliver(payment)
        page, said = self.page(payment, client)
        assert (page, "Paid. Thank you!" in said) == ("paid", True)

    def test_paid_and_not_given_yet(self, payment, client):
        BuyBook.failures = 1
        testing.pay(payment)
        testing.deliver(payment)
        page, said = self.page(payment, client)
        assert (page, "need not pay again" in said) == ("preparing", True)
        assert "the shop's own mistake" not in said

    def test_paid_twice_and_held(self, payment, client, start):
        testing.pay(payment)
        Payment.objects.update(state=State.LAPSED)
        second = start().payment
        testing.pay(second)
        testing.deliver(second)
        testing.deliver(payment)
        assert self.page(second, client)[0] == "paid"
        assert self.page(payment, client)[0] == "held"

    def test_paid_twice_and_kept_by_the_shops_rule(self, client, start, monkeypatch, settings):
        monkeypatch.setattr(BuyBook, "double", "fulfil")
        monkeypatch.setattr(BuyBook, "late", "fulfil")
        settings.RASEED = dict(settings.RASEED)  # read again
        first = start().payment
        Payment.objects.update(state=State.LAPSED)
        second = start().payment
        for payment in (second, first):
            testing.pay(payment)
            testing.deliver(payment)
        first.refresh_from_db()
        assert (first.state, first.attention) == (State.PAID, "")
        assert self.page(first, client)[0] == "paid"

    def test_refunded(self, payment, client):
        testing.pay(payment)
        testing.deliver(payment)
        testing.deliver(payment, testing.refund_at_gateway(payment))
        assert self.page(payment, client)[0] == "refunded"

    def test_turned_down_with_the_money_still_here(self, payment, client):
        """It must not say that no money was taken, nor tell the customer what staff wrote."""
        testing.pay(payment, raseed.Money(19000, "USD"))
        testing.deliver(payment)
        apply_ruling(payment.pk, Ruling.REJECTED, now=testing.clock(), reason="looks like fraud")
        payment.refresh_from_db()
        assert payment.state == State.CANCELLED
        page, said = self.page(payment, client)
        assert page == "held"
        assert "No money was taken" not in said
        assert "fraud" not in said

    def test_the_gateways_reason_is_told_and_never_taken_for_html(self, payment, client):
        fact = testing.say(payment, FactKind.FAILED, detail="payment failed: <b>issuer 05</b> says no.")
        testing.deliver(payment, fact)
        page, said = self.page(payment, client)
        assert (page, "<q>&lt;b&gt;issuer 05&lt;/b&gt; says no.</q>" in said) == ("failed", True)
        assert "Back to the shop, to try again" in said

    def test_what_it_is_for_is_escaped(self, client, start):
        payment = start(description="<script>alert(1)</script>").payment
        assert "<script>" not in self.page(payment, client)[1]

    def test_it_is_not_stored_and_its_address_is_not_passed_on(self, payment, client):
        answer = client.get(payment.status_url())
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "same-origin"

    def test_it_is_read_only(self, payment, client, gateway):
        assert client.head(payment.status_url()).status_code == 200
        assert client.post(payment.status_url()).status_code == 405
        assert queries(gateway) == 0

    def test_a_link_that_we_did_not_sign_is_not_found(self, payment, client):
        token = status_token(payment.reference)
        for wrong in (payment.reference, token[:-1], token.upper(), str(payment.pk), "%00"):
            assert client.get(f"/payments/{wrong}/").status_code == 404
        assert client.get(f"/payments/{status_token('nobody')}/").status_code == 404

    def test_a_page_is_two_questions_to_the_database_or_little_more(self, payment, client):
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            client.get(payment.status_url())
        assert len(captured) <= 4
