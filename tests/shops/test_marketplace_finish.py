"""`GET /payments/finish`: each form of the confirmation page, and that a visit moves no more than it may."""

from __future__ import annotations

import re

from django.core import mail

from raseed.payments.models import PaymentFact
from raseed.testing import work
from raseed_shops.marketplace.models import Contract, Event, Job
from tests.shops.market import ARRIVES_SECONDS, Market


def test_from_job_to_complete(market: Market) -> None:
    market.pay()
    contract = market.contract
    payment = market.payment
    assert (payment.state, payment.money.minor, market.received_minor()) == ("paid", 2500, 2500)
    assert contract.status == Contract.Status.COMPLETED
    assert contract.job.status == Job.Status.COMPLETE
    assert contract.payment_id == payment.reference
    assert contract.outgoing_payment_id == payment.ids["outgoing_payment"]
    assert contract.completed_at == payment.paid_at
    assert sorted(letter.to[0] for letter in mail.outbox) == ["alice@example.com", "bob@example.com"]


def page(market: Market, address: str, status: int = 200) -> str:
    answer = market.browser.get(address)
    assert answer.status_code == status, answer.content.decode()
    return " ".join(answer.content.decode().split())


def test_success_shows_details_the_transaction_and_what_to_do_next(market: Market) -> None:
    shown = page(market, market.pay())
    assert "Payment complete" in shown
    assert "USD 25.00" in shown
    assert market.payment.reference in shown
    assert market.contract.outgoing_payment_id in shown
    assert "Translate a menu" in shown
    on = re.search(r'<a class="button" href="([^"]+)">See the job', shown)
    assert on is not None
    leads = market.browser.get(on[1].replace("&amp;", "&"), follow=True)
    assert leads.redirect_chain == [(market.job.get_absolute_url(), 302)]
    assert "Your payment arrived. The job is complete." in leads.content.decode()


def test_a_second_visit_repeats_nothing(market: Market) -> None:
    address = market.agree()
    page(market, address)
    page(market, address)
    market.arrive()
    assert "Payment complete" in page(market, address)
    page(market, address)
    assert market.received_minor() == 2500
    assert len(market.sandbox.books("openpayments")["outgoing_payments"]) == 1
    assert Contract.objects.filter(status="completed").count() == 1
    assert len(mail.outbox) == 2


def test_still_waiting_looks_again_by_itself(market: Market) -> None:
    shown = page(market, market.at_the_wallet())  # before the wallet lets us go on
    assert "Your payment is on its way" in shown
    assert 'http-equiv="refresh" content="5"' in shown


def test_a_rejected_consent_is_told_and_may_be_tried_again(market: Market) -> None:
    shown = page(market, market.at_the_wallet("reject"))
    assert "Payment not approved" in shown
    assert market.payment.state == "pending"
    market.pay()
    assert (market.payment.state, market.received_minor()) == ("paid", 2500)


def test_a_forged_hash_does_nothing(market: Market) -> None:
    address = market.agree()
    forged = re.sub(r"hash=[^&]+", "hash=AAAA", address)
    assert "We do not know this payment" in page(market, forged, 404)
    assert "We do not know this payment" in page(market, forged, 404)
    assert market.sandbox.books("openpayments")["outgoing_payments"] == []
    page(market, address)
    market.arrive()
    assert market.payment.state == "paid"


def test_parameters_that_are_missing_or_wrong(market: Market) -> None:
    address = market.agree()
    named = re.sub(r"&(hash|interact_ref)=[^&]+", "", address)
    assert "Something is missing" in page(market, "/payments/finish", 400)
    assert "Something is missing" in page(market, named, 400)
    assert "This link cannot be right" in page(market, f"{address}&result=grant_rejected", 400)
    assert "This link cannot be right" in page(market, f"{address}&hash=again", 400)
    assert "This link cannot be right" in page(market, f"{named}&hash=only", 400)
    assert "We do not know this payment" in page(market, "/payments/finish?payment=made-up", 404)
    assert not PaymentFact.objects.filter(payment=market.payment, kind="chargeable").exists()


def test_a_wallet_that_does_not_answer(market: Market) -> None:
    address = market.agree()
    market.sandbox.fault("request", "error_before", gateway="openpayments", match={"path": "/auth/continue*"})
    shown = page(market, address, 503)
    assert "Your wallet does not answer" in shown
    assert "Look again" in shown
    market.sandbox.clear_faults()
    market.arrive()
    market.arrive()
    assert market.payment.state == "paid"


def test_a_payment_that_failed(market: Market) -> None:
    address = market.at_the_wallet("empty")
    market.sandbox.advance(ARRIVES_SECONDS)
    page(market, address)
    market.arrive()
    market.arrive()
    assert market.payment.state == "failed"
    assert "Payment failed" in page(market, address)
    assert market.contract.is_due


def test_an_unknown_job_gets_the_generic_confirmation(market: Market) -> None:
    address = market.pay()
    for job in ("job=99999", "job=x", "job=9" * 30, ""):
        shown = page(market, re.sub(r"job=\d+", job, address))
        assert "Payment complete" in shown
        assert "Translate a menu" not in shown
        assert "To the marketplace" in shown


def test_every_visit_is_in_the_history(market: Market) -> None:
    address = market.agree()
    market.browser.get(address, headers={"X-Request-ID": "from-the-proxy-1"})
    event = Event.objects.get()
    assert (event.kind, event.request_id) == ("payment-finish", "from-the-proxy-1")
    assert (event.pending_id, event.outcome, event.status) == (market.payment.reference, "waiting", 200)
    assert bytes(event.body) == b""


def test_who_never_comes_back_pays_nothing(market: Market) -> None:
    address = market.agree()
    work()
    market.sandbox.advance(16 * 60)
    work()
    assert market.payment.state == "cancelled"
    market.browser.get(address)
    market.arrive()
    assert market.sandbox.books("openpayments")["outgoing_payments"] == []
    assert "Payment failed" in page(market, address)


def test_a_freelancers_wallet_that_is_none_is_told_as_theirs(market: Market) -> None:
    offer = market.offer
    offer.wallet = market.sandbox.url("openpayments") + "/nobody"
    offer.save()
    answer = market.press_pay()
    assert answer.status_code == 422
    assert "Ask them for another address." in answer.content.decode()
