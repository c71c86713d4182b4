"""A delivery read again by a person: the rehearsal shows all and changes nothing; then it is done, once."""

import pytest
from django.db import connection
from django.urls import reverse

from raseed import testing
from raseed.payments.flows import read_delivery as reading
from raseed.payments.flows.read_delivery import read_delivery
from raseed.payments.flows.rehearse import rehearse_delivery
from raseed.payments.models import (
    Charge,
    Delivery,
    Fulfilment,
    Payment,
    PaymentFact,
    Posting,
    Refund,
    Revocation,
    StaffAction,
)
from tests.bookshop.models import Book, Parcel
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, assert_books, paid, php, stands, use_policies, work
from tests.payments.desk import Desk, clerk

pytestmark = pytest.mark.django_db

TABLES = (Payment, Charge, Posting, PaymentFact, Refund, Fulfilment, Revocation, Delivery, Book, Parcel)


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


class DeliveryDesk(Desk):
    def url(self, delivery, act="replay"):
        return reverse("admin:raseed_delivery_replay", args=[delivery.pk])


@pytest.fixture
def desk(admin_client):
    return DeliveryDesk(admin_client)


@pytest.fixture
def kept(start, gateway, monkeypatch):
    """A delivery that a mistake of ours kept from being read; the mistake is mended by now."""

    def keep(payment=None, *facts):
        payment = payment or start().payment
        told = facts or (testing.pay(payment),)
        with monkeypatch.context() as broken:
            broken.setattr(gateway, "read", lambda verified: 1 / 0)
            testing.deliver(payment, *told, salt=str(Delivery.objects.count()))
        return Delivery.objects.latest("pk"), payment

    return keep


def everything():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in TABLES}


class TestRehearsal:
    def test_tells_what_would_be_and_changes_nothing(self, kept, monkeypatch):
        delivery, payment = kept()
        monkeypatch.setattr(BuyBook, "fulfil", lambda *_: pytest.fail("the shop's code must not run"))
        before = everything()
        rehearsal = rehearse_delivery(delivery, testing.clock())
        assert everything() == before
        assert rehearsal.state == ("pending", "paid")
        assert [charge.money for charge in rehearsal.charges] == [php(20000)]
        assert [posting.credit for posting in rehearsal.postings] == ["sales:book"]
        assert (rehearsal.gives, rehearsal.takes_back, rehearsal.is_news) == (True, False, True)
        assert [(said.kind, said.decision, said.to_state) for said in rehearsal.said] == [
            ("paid", "move", "paid")
        ]
        assert rehearsal.payment == payment

    def test_of_a_refund_does_not_run_the_shops_rule(self, start, kept, monkeypatch):
        payment = paid(start)
        delivery, _ = kept(payment, testing.refund_at_gateway(payment, php(5000)))
        monkeypatch.setattr(BuyBook, "revoke", lambda *_: pytest.fail("the shop's code must not run"))
        before = everything()
        rehearsal = rehearse_delivery(delivery, testing.clock())
        assert everything() == before
        assert (rehearsal.takes_back, [r.state for r in rehearsal.refunds]) == (True, ["succeeded"])

    def test_of_money_that_a_policy_sends_back(self, start, kept, monkeypatch):
        use_policies(monkeypatch, late="refund")
        payment = start().payment
        work(3601)
        delivery, _ = kept(payment)
        before = everything()
        rehearsal = rehearse_delivery(delivery, testing.clock())
        assert everything() == before
        assert [refund.state for refund in rehearsal.refunds] == ["waiting"]
        assert "sent back" in rehearsal.attention[1]

    def test_of_what_is_known_is_no_news(self, start):
        paid(start)
        rehearsal = rehearse_delivery(Delivery.objects.get(), testing.clock())
        assert not rehearsal.is_news
        assert rehearsal.said[0].decision == "record"

    def test_inside_a_transaction_of_the_sites_leaves_it_whole(self, kept):
        from django.db import transaction

        delivery, payment = kept()
        with transaction.atomic():
            Book.objects.update(note="kept")
            rehearse_delivery(delivery, testing.clock())
        assert Book.objects.get().note == "kept"
        assert again(payment).state == "pending"

    def test_says_the_same_as_what_then_happens(self, start, kept):
        payment = start().payment
        delivery, _ = kept(payment, testing.pay(payment, php(100)), testing.say(payment, "failed"))
        rehearsal = rehearse_delivery(delivery, testing.clock())
        read_delivery(delivery.pk, testing.clock())
        facts = PaymentFact.objects.filter(delivery=delivery).order_by("pk")
        told = [(said.kind, said.decision, said.from_state, said.to_state) for said in rehearsal.said]
        assert told == list(facts.values_list("kind", "decision", "from_state", "to_state"))
        assert rehearsal.state[1] == again(payment).state


class TestAtTheDesk:
    def test_shows_then_does(self, kept, desk, admin_client):
        delivery, payment = kept()
        page = desk.open(delivery, "replay").content.decode()
        for words in (
            "would go from pending to paid",
            "PHP 200.00 would be recorded as money that came",
            "would be posted from sales:book to gateway:fake",
            "What was paid for would be given",
        ):
            assert words in page.replace("&#x27;", "'"), words
        assert again(payment).state == "pending"
        kind, words = desk.do(delivery, "replay", reason="the parser is mended")
        assert (kind, "The payment is paid." in words) == ("success", True)
        assert stands(payment) == ("paid", "", 1)
        done = StaffAction.objects.get()
        assert (done.act, done.payment, done.delivery) == ("replay", payment, delivery)
        shown = admin_client.get(reverse("admin:raseed_delivery_change", args=[delivery.pk]))
        assert "the parser is mended" in shown.content.decode()

    def test_twice(self, kept, desk):
        delivery, payment = kept()
        form = desk.form(delivery, "replay")
        desk.send(delivery, "replay", form)
        assert desk.said(desk.send(delivery, "replay", form))[1].startswith("This was done already")
        assert stands(payment) == ("paid", "", 1)

    def test_one_that_was_read_may_be_read_again(self, start, desk):
        payment = paid(start)
        delivery = Delivery.objects.get()
        assert "known already" in desk.open(delivery, "replay").content.decode()
        assert desk.do(delivery, "replay")[0] == "success"
        assert stands(payment) == ("paid", "", 1)

    def test_what_changed_meanwhile_is_shown_anew(self, kept, desk):
        delivery, payment = kept()
        form = desk.form(delivery, "replay")
        testing.deliver(payment, salt="the same news by another")
        kind, words = desk.said(desk.send(delivery, "replay", form))
        assert (kind, "not what it was" in words) == ("trouble", True)
        assert not StaffAction.objects.exists()

    def test_names_nobody(self, start, desk):
        payment = start().payment
        stranger = testing.say(payment, "paid", charge_ref="ch", money=php(1))
        from dataclasses import replace

        testing.deliver(payment, replace(stranger, reference="other-1", gateway_ref="checkout_0"))
        page = desk.open(Delivery.objects.get(), "replay").content.decode()
        assert "names no payment that is known here" in page
        assert "<button" not in page.split("raseed-act")[1]

    def test_one_that_cannot_be_read(self, kept, desk, gateway, monkeypatch):
        delivery, _ = kept()
        monkeypatch.setattr(gateway, "read", lambda verified: 1 / 0)
        page = desk.open(delivery, "replay").content.decode()
        assert "It cannot be read: ZeroDivisionError" in page
        sent = desk.send(delivery, "replay", {"key": "k" * 24, "seen": ""})
        assert "cannot be read" in sent.content.decode()

    def test_one_that_fails_the_second_time(self, kept, desk, monkeypatch):
        delivery, payment = kept()
        form = desk.form(delivery, "replay")
        monkeypatch.setattr(reading, "apply_facts", lambda *_, **__: 1 / 0)
        kind, words = desk.said(desk.send(delivery, "replay", form))
        assert (kind, "without success" in words) == ("warning", True)
        assert again(payment).state == "pending"

    def test_needs_its_permission(self, kept, django_user_model, client):
        delivery, _ = kept()
        desk = clerk(django_user_model, client, "view_delivery", "view_payment")
        desk.url = lambda delivery, act: reverse("admin:raseed_delivery_replay", args=[delivery.pk])
        assert desk.open(delivery, "replay").status_code == 403
        assert desk.send(delivery, "replay", {"key": "k" * 24}).status_code == 403
        page = client.get(reverse("admin:raseed_delivery_change", args=[delivery.pk])).content.decode()
        assert "/replay/" not in page


@pytest.mark.django_db(transaction=True)
def test_the_row_is_free_after_a_rehearsal(start, kept):
    delivery, payment = kept()
    rehearse_delivery(delivery, testing.clock())
    assert not connection.in_atomic_block
    read_delivery(delivery.pk, testing.clock())
    assert stands(payment) == ("paid", "", 1)
