"""Saved cards: kept when a proof tells of one, paid with, renamed, chosen, deleted; no token is seen."""

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

import raseed
from raseed import testing
from raseed.core.cards import SavedCardSeen
from raseed.core.errors import ConfigurationError, GatewayUnavailable, NotAllowed, Unsupported, UnusableCard
from raseed.core.facts import Weight
from raseed.payments.models import Delivery, Payment, PaymentFact, SavedCard
from tests.bookshop.models import Book
from tests.payments.books import again, stands, use_capabilities

pytestmark = pytest.mark.django_db

TOKEN = testing.CARD_TOKEN


@pytest.fixture
def ana(db):
    return User.objects.create_user("ana")


@pytest.fixture
def payment(start, ana):
    return start(user=ana, save_card=True).payment


@pytest.fixture
def card(payment, ana):
    testing.deliver(payment, testing.save_card(payment))
    return raseed.saved_cards(ana)[0]


class TestKeeping:
    def test_token_before_the_transaction(self, payment, ana):
        testing.deliver(payment, testing.save_card(payment))
        assert [str(card) for card in raseed.saved_cards(ana)] == ["Visa •••• 2346"]
        testing.deliver(payment, testing.pay(payment))
        assert stands(payment) == ("paid", "", 1)

    def test_token_after_the_transaction(self, payment, ana):
        testing.deliver(payment, testing.pay(payment))
        testing.deliver(payment, testing.save_card(payment))
        assert stands(payment) == ("paid", "", 1)
        assert len(raseed.saved_cards(ana)) == 1

    def test_saved_again_it_is_one_row_with_the_newest_token(self, start, payment, ana, book):
        for number, masked in enumerate(("xxxx-xxxx-xxxx-2346", "2346", "xxxx-xxxx-xxxx-2346")):
            fact = testing.save_card(payment, token=f"token_{number}", masked=masked)
            for _ in range(2):
                testing.deliver(payment, fact, salt=str(number))
        other = start(Book.objects.create(title="Second"), user=ana).payment
        testing.deliver(other, testing.save_card(other, token="token_9", brand="VISA"))
        (card,) = raseed.saved_cards(ana)
        assert raseed.payments.flows.save_card.token_of(card) == "token_9"

    def test_another_number_or_brand_is_another_card(self, payment, ana):
        for salt, more in enumerate(({}, {"masked": "xxxx-9999"}, {"brand": "MasterCard"})):
            testing.deliver(payment, testing.save_card(payment, token=f"t{salt}", **more), salt=str(salt))
        assert len(raseed.saved_cards(ana)) == 3

    @pytest.mark.parametrize("twist", ["hint", "order", "account", "number"])
    def test_what_is_not_believed(self, payment, ana, twist):
        fact = testing.save_card(payment)
        if twist == "hint":
            fact = replace(fact, weight=Weight.HINT)
        if twist == "order":
            fact = replace(fact, card=replace(fact.card, order_ids=frozenset({"another order"})))
        if twist == "number":
            fact = replace(fact, card=replace(fact.card, masked=""))
        testing.deliver(payment, fact, account="other" if twist == "account" else "")
        assert raseed.saved_cards(ana) == []

    def test_nobody_was_logged_in(self, start):
        payment = start().payment
        testing.deliver(payment, testing.save_card(payment))
        assert not SavedCard.objects.exists()

    def test_a_card_that_was_deleted_stays_so_when_old_news_is_read_again(self, payment, card, ana):
        raseed.delete_card(card)
        testing.deliver(payment, testing.save_card(payment), salt="told again")
        assert raseed.saved_cards(ana) == []
        testing.deliver(payment, testing.save_card(payment, token="a new one"))
        assert len(raseed.saved_cards(ana)) == 1


class TestSecrets:
    def test_the_token_is_nowhere_in_the_clear(self, payment, card, admin_client, caplog):
        testing.deliver(payment, testing.pay(payment))
        stored = [
            bytes(SavedCard.objects.get().token),
            str(list(PaymentFact.objects.values())).encode(),
            str(list(Payment.objects.values())).encode(),
            repr(card).encode(),
            str(card).encode(),
            caplog.text.encode(),
        ]
        for path in (
            reverse("admin:raseed_savedcard_changelist"),
            reverse("admin:raseed_savedcard_change", args=[card.pk]),
            reverse("admin:raseed_payment_change", args=[payment.pk]),
        ):
            page = admin_client.get(path)
            assert page.status_code == 200
            stored.append(page.content)
        assert not [text for text in stored if TOKEN.encode() in text]
        digest = SavedCard.objects.get().token_digest
        assert digest
        assert not [text for text in stored[3:] if digest.encode() in text]

    def test_in_no_repr(self):
        assert TOKEN not in repr(SavedCardSeen(TOKEN, "2346"))

    def test_another_key_cannot_read_it(self, card, settings, ana):
        settings.SECRET_KEY = "another one"
        with pytest.raises(ConfigurationError, match="fits none of the keys"):
            raseed.pay_with_card(card, card_book(), purpose="book", user=ana)


def card_book():
    return Book.objects.create(title="With the card")


class TestPaying:
    def test_on_the_gateways_page(self, card, ana, gateway, monkeypatch):
        orders = []
        opened = gateway.open
        monkeypatch.setattr(gateway, "open", lambda o, m: orders.append(o) or opened(o, m))
        checkout = raseed.pay_with_card(card, card_book(), purpose="book", user=ana)
        assert checkout.url
        assert checkout.payment.saved_card == card
        assert orders[0].saved_card == TOKEN

    def test_an_open_page_without_the_card_is_not_shown_for_it(self, start, ana, card):
        book = card_book()
        first = start(book, user=ana)
        second = raseed.pay_with_card(card, book, purpose="book", user=ana)
        assert second.payment != first.payment
        assert raseed.pay_with_card(card, book, purpose="book", user=ana).reused

    def test_while_its_owner_is_away(self, card):
        checkout = raseed.pay_with_card(card, card_book(), purpose="book", off_session=True)
        assert (checkout.url, checkout.payment.state) == (None, "paid")
        assert checkout.payment.user == card.owner
        assert stands(checkout.payment) == ("paid", "", 1)

    def test_declined_while_its_owner_is_away(self, payment, ana):
        testing.deliver(payment, testing.save_card(payment, token="declined"))
        (card,) = raseed.saved_cards(ana)
        checkout = raseed.pay_with_card(card, card_book(), purpose="book", off_session=True)
        assert (checkout.payment.state, checkout.payment.detail) == ("failed", "declined")

    def test_an_answer_that_is_lost_is_asked_for(self, card, gateway):
        gateway.trouble["open"] = [GatewayUnavailable("time-out")]
        with pytest.raises(GatewayUnavailable):
            raseed.pay_with_card(card, card_book(), purpose="book", off_session=True)
        payment = Payment.objects.latest("pk")
        assert payment.state == "pending"
        assert payment.next_check_at is not None

    def test_somebody_elses(self, card):
        with pytest.raises(NotAllowed, match="not yours"):
            raseed.pay_with_card(card, card_book(), purpose="book", user=User.objects.create_user("ben"))
        with pytest.raises(NotAllowed, match="not yours"):
            raseed.pay_with_card(card, card_book(), purpose="book")

    def test_at_another_account(self, card, ana, start):
        with pytest.raises(NotAllowed, match="not yours"):
            start(card_book(), account="other", saved_card=card, user=ana)

    def test_without_a_token(self, payment, ana):
        testing.deliver(payment, testing.save_card(payment, token=" "))
        (card,) = raseed.saved_cards(ana)
        book = card_book()
        with pytest.raises(UnusableCard, match="can no longer be used"):
            raseed.pay_with_card(card, book, purpose="book", user=ana)
        assert not Payment.objects.filter(payable_key=str(book.pk)).exists()

    def test_deleted_meanwhile(self, card, ana):
        raseed.delete_card(card)
        with pytest.raises(UnusableCard):
            raseed.pay_with_card(card, card_book(), purpose="book", user=ana)
        assert SavedCard.objects.get().token is None

    def test_where_cards_are_not_kept(self, start, ana, card, gateway, monkeypatch):
        use_capabilities(monkeypatch, gateway, charges_kept_cards=False)
        with pytest.raises(Unsupported, match="while its owner is away"):
            raseed.pay_with_card(card, card_book(), purpose="book", off_session=True)
        use_capabilities(monkeypatch, gateway, keeps_cards=False)
        with pytest.raises(Unsupported, match="keeps no cards"):
            start(card_book(), user=ana, save_card=True)

    def test_away_without_a_card(self, start, ana):
        with pytest.raises(Unsupported, match="needs the saved card"):
            start(card_book(), user=ana, off_session=True)


class TestOwning:
    def test_named(self, card):
        assert str(raseed.rename_card(card, "  Work\n card ")) == "Work card"
        assert str(again(card)) == "Work card"
        raseed.rename_card(card, "")
        assert str(again(card)) == "Visa •••• 2346"

    def test_the_first_choice_comes_first(self, payment, ana, card):
        testing.deliver(payment, testing.save_card(payment, token="t2", masked="9999"), salt="2")
        assert [c.last4 for c in raseed.saved_cards(ana)] == ["2346", "9999"]
        raseed.choose_card(raseed.saved_cards(ana)[1])
        assert [c.last4 for c in raseed.saved_cards(ana)] == ["9999", "2346"]

    def test_of_somebody_else_or_nobody(self, card):
        assert raseed.saved_cards(User.objects.create_user("ben")) == []
        assert raseed.saved_cards(None) == []

    def test_at_one_account(self, card, ana):
        assert raseed.saved_cards(ana, account="fake") == [card]
        assert raseed.saved_cards(ana, account="other") == []

    def test_gone_with_their_owner(self, card, ana):
        ana.delete()
        assert not SavedCard.objects.exists()


def test_a_delivery_keeps_what_it_keeps(payment, card):
    """The fake gateway names no secret fields; a real one does, and its bodies are encrypted."""
    assert Delivery.objects.filter(payment=payment, state="read").count() == 1
