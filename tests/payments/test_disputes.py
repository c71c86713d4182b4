"""Disputes: a row of their own, which a gateway or a person ends; a lost one moves money like a refund."""

from dataclasses import replace

import pytest

from raseed import testing
from raseed.core.errors import RefusedRuling
from raseed.core.facts import FactKind, Weight
from raseed.payments.flows.by_hand import end_dispute
from raseed.payments.models import Dispute, Fulfilment, PaymentFact, Refund, StaffAction
from tests.payments.books import again, assert_books, balances, paid, php, stands
from tests.payments.desk import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


@pytest.fixture
def disputed(start):
    """A paid book whose buyer disputes the payment."""
    payment = paid(start)
    testing.deliver(payment, about(payment, FactKind.DISPUTED))
    return again(payment)


def about(payment, kind, minor=20000, **more):
    charge = payment.charges.get().ref
    return testing.say(payment, kind, charge_ref=charge, money=None if minor is None else php(minor), **more)


def close(payment, minor, salt="closed", **more):
    testing.deliver(payment, about(payment, FactKind.DISPUTE_CLOSED, minor, **more), salt=salt)
    return again(payment)


def row():
    dispute = Dispute.objects.get()
    return dispute.state, dispute.money, dispute.closed_at is not None


def test_it_has_a_row_and_a_person_looks(disputed):
    assert row() == ("open", php(20000), False)
    assert stands(disputed) == ("paid", "identity", 1)


def test_saying_it_again_opens_nothing_and_asks_nobody_again(disputed):
    close(disputed, 0)
    told_again = about(disputed, FactKind.DISPUTED, detail="still marked as disputed")
    testing.deliver(disputed, told_again, salt="again")
    assert row()[0] == "won"
    assert again(disputed).attention == ""
    assert PaymentFact.objects.last().reason == "this dispute is known"


def test_a_hint_opens_nothing(start):
    payment = paid(start)
    testing.deliver(payment, replace(about(payment, FactKind.DISPUTED), weight=Weight.HINT))
    assert not Dispute.objects.exists()


def test_won_moves_nothing(disputed, book):
    assert close(disputed, 0).attention == ""
    assert (row()[0], again(book).given, Refund.objects.count()) == ("won", 1, 0)


def test_lost_moves_money_like_a_refund(disputed, book):
    after = close(disputed, 20000)
    assert (row(), after.attention, after.is_fully_refunded) == (("lost", php(20000), True), "", True)
    assert Refund.objects.get().ref == f"dispute:{disputed.charges.get().ref}"
    assert Fulfilment.objects.get().state == "revoked"
    assert balances() == {}
    close(disputed, 20000, salt="told twice", detail="the same in other words")
    assert Refund.objects.count() == 1


def test_who_ended_it_is_kept_when_the_gateway_says_the_same_later(disputed, admin_user):
    end_dispute(Dispute.objects.get(), php(20000), reason="the bank's letter", user=admin_user)
    ended = Dispute.objects.values("state", "user", "reason", "closed_at").get()
    testing.travel(3600)
    close(disputed, 20000)
    assert Dispute.objects.values("state", "user", "reason", "closed_at").get() == ended
    assert ended["user"] == admin_user.pk


def test_a_part_may_be_lost(disputed):
    after = close(disputed, 5000)
    assert (row()[:2], after.refunded(), after.attention) == (("lost", php(5000)), php(5000), "")


def test_an_end_that_does_not_say_how_leaves_it_to_a_person(disputed):
    assert close(disputed, None).attention
    assert row()[0] == "open"


def test_an_end_without_a_beginning_has_its_row_too(start):
    payment = close(paid(start), 20000)
    assert row() == ("lost", php(20000), True)
    assert payment.is_fully_refunded


def test_more_than_is_left_cannot_be_lost(disputed):
    with pytest.raises(RefusedRuling, match="more than what is left"):
        end_dispute(Dispute.objects.get(), php(20001), reason="the bank's letter")
    assert (row()[0], Refund.objects.count()) == ("open", 0)


class TestStaff:
    @pytest.mark.parametrize(
        ("form", "state", "gone"),
        [
            ({"outcome": "won"}, "won", 0),
            ({"outcome": "lost", "amount": "200.00"}, "lost", 20000),
            ({"outcome": "lost", "amount": "50.00"}, "lost", 5000),
        ],
    )
    def test_they_record_how_it_ended(self, disputed, admin_client, form, state, gone):
        Desk(admin_client).do(disputed, "dispute", **form)
        assert (row()[0], again(disputed).refunded().minor) == (state, gone)
        action = StaffAction.objects.get()
        assert (action.act, action.is_done, Dispute.objects.get().user.username) == ("dispute", True, "admin")
        page = admin_client.get(f"/admin/raseed/payment/{disputed.pk}/change/").content.decode()
        assert f"The dispute was {state}" in page
        assert "Say how the dispute ended" not in page

    @pytest.mark.parametrize("amount", ["", "much", "200.01", "0"])
    def test_an_amount_that_makes_no_sense_is_refused(self, disputed, admin_client, amount):
        Desk(admin_client).do(disputed, "dispute", outcome="lost", amount=amount)
        assert (row()[0], StaffAction.objects.count()) == ("open", 0)

    def test_the_list_shows_them(self, disputed, admin_client):
        listed = admin_client.get("/admin/raseed/dispute/").content.decode()
        assert disputed.reference in listed
        page = admin_client.get(f"/admin/raseed/dispute/{Dispute.objects.get().pk}/change/")
        assert page.status_code == 200
