"""What staff do about a payment: by role, twice, on something that changed, and when it fails."""

import re

import pytest
from django.test import Client
from django.urls import reverse

import raseed
from raseed import testing
from raseed.core.errors import GatewayUnavailable
from raseed.payments.models import Fulfilment, PaymentFact, Refund, Revocation, StaffAction
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, assert_books, paid, php, stands, work
from tests.payments.desk import Desk, clerk

pytestmark = pytest.mark.django_db

PERMISSIONS = {
    "check": "check_payment",
    "retry": "retry_payment",
    "accept": "rule_payment",
    "reject": "rule_payment",
    "refund": "refund_payment",
    "give_back": "refund_payment",
}


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert_books()


@pytest.fixture
def desk(admin_client):
    return Desk(admin_client)


def underpaid(start):
    payment = start().payment
    testing.deliver(payment, testing.pay(payment, php(15000)))
    return again(payment)


def owed(start):
    BuyBook.failures = 1
    return paid(start)


#: A payment on which the action can be done, and what is sent besides the reason.
READY = {
    "check": (lambda start: start().payment, {}),
    "retry": (owed, {}),
    "accept": (underpaid, {}),
    "reject": (underpaid, {}),
    "refund": (paid, {"amount": "50.00"}),
}


class TestWhoMay:
    @pytest.mark.parametrize("act", READY)
    def test_staff_with_the_permission(self, act, start, django_user_model, client):
        desk = clerk(django_user_model, client, "view_payment", PERMISSIONS[act])
        make, fields = READY[act]
        payment = make(start)
        page = client.get(reverse("admin:raseed_payment_change", args=[payment.pk])).content.decode()
        offered = set(re.findall(r"/do/(\w+)/", page))
        assert act in offered
        assert {PERMISSIONS[other] for other in offered} == {PERMISSIONS[act]}
        assert desk.do(payment, act, **fields)[0] == "success"
        done = StaffAction.objects.get()
        assert (done.act, done.who, done.reason, done.is_done) == (act, "clerk", "as agreed", True)
        assert done.payment == payment

    @pytest.mark.parametrize("act", READY)
    def test_staff_without_it_see_no_button_and_get_403(self, act, start, django_user_model, client):
        others = {permission for permission in PERMISSIONS.values() if permission != PERMISSIONS[act]}
        desk = clerk(django_user_model, client, "view_payment", "change_payment", *others)
        make, fields = READY[act]
        payment = make(start)
        before = stands(payment)
        page = client.get(reverse("admin:raseed_payment_change", args=[payment.pk])).content.decode()
        assert f"/do/{act}/" not in page
        assert desk.open(payment, act).status_code == 403
        form = {"key": "k" * 24, "seen": ""}
        assert desk.send(payment, act, form, **fields).status_code == 403
        assert stands(payment) == before
        assert not StaffAction.objects.exists()

    @pytest.mark.parametrize("act", READY)
    def test_the_right_to_look_is_needed_too(self, act, start, django_user_model, client):
        desk = clerk(django_user_model, client, PERMISSIONS[act])
        assert desk.open(READY[act][0](start), act).status_code == 403

    @pytest.mark.parametrize("act", READY)
    def test_customers_and_strangers_are_sent_to_the_login(self, act, start, django_user_model):
        payment = READY[act][0](start)
        customer = Client()
        customer.force_login(django_user_model.objects.create_user("maria"))
        for client in (customer, Client()):
            for answer in (
                client.get(Desk(client).url(payment, act)),
                client.post(Desk(client).url(payment, act), {"reason": "x", "key": "k" * 24}),
            ):
                assert answer.status_code == 302
                assert "/login/" in answer.url
        assert not StaffAction.objects.exists()

    def test_a_form_of_another_site_is_refused(self, start, admin_user):
        payment = start().payment
        client = Client(enforce_csrf_checks=True)
        client.force_login(admin_user)
        assert client.post(Desk(client).url(payment, "check"), {"reason": "x"}).status_code == 403

    def test_a_link_does_nothing(self, start, desk, gateway):
        payment = start().payment
        gateway.calls.clear()
        desk.open(payment, "check")
        assert gateway.calls == []
        assert not StaffAction.objects.exists()

    @pytest.mark.parametrize("path", ["{pk}/do/explode/", "0/do/check/", f"{'9' * 40}/do/check/"])
    def test_what_is_not_there_is_not_found(self, path, start, admin_client):
        payment = start().payment
        root = reverse("admin:raseed_payment_changelist")
        assert admin_client.get(root + path.format(pk=payment.pk)).status_code == 404


class TestTwice:
    @pytest.mark.parametrize("act", READY)
    def test_the_same_form_again_does_nothing_more(self, act, start, desk):
        make, fields = READY[act]
        payment = make(start)
        form = desk.form(payment, act)
        first = desk.said(desk.send(payment, act, form, **fields))
        before = (stands(payment), Refund.objects.count(), PaymentFact.objects.count())
        kind, words = desk.said(desk.send(payment, act, form, **fields))
        assert (first[0], kind) == ("success", "success")
        assert words.startswith("This was done already, once.")
        assert (stands(payment), Refund.objects.count(), PaymentFact.objects.count()) == before
        assert StaffAction.objects.count() == 1

    def test_one_that_never_ended_says_so(self, start, desk):
        payment = start().payment
        form = desk.form(payment, "check")
        desk.send(payment, "check", form)
        StaffAction.objects.update(is_done=None, outcome="")
        assert desk.said(desk.send(payment, "check", form))[1].startswith("This was begun already")

    @pytest.mark.parametrize("key", ["", "short", "no spaces in a key, please", "k" * 100])
    def test_a_form_without_a_good_key_is_too_old(self, key, start, desk):
        payment = paid(start)
        form = desk.form(payment, "refund") | {"key": key}
        kind, words = desk.said(desk.send(payment, "refund", form, amount="1.00"))
        assert (kind, "too old" in words) == ("trouble", True)
        assert not Refund.objects.exists()


class TestReason:
    @pytest.mark.parametrize("act", READY)
    def test_is_required(self, act, start, desk):
        make, fields = READY[act]
        payment = make(start)
        before = stands(payment)
        answer = desk.send(payment, act, desk.form(payment, act), reason="  ", **fields)
        assert "required" in desk.said(answer)[1]
        assert stands(payment) == before
        assert not StaffAction.objects.exists()

    def test_stands_in_the_story_with_the_name(self, start, desk, admin_client):
        payment = paid(start)
        desk.do(payment, "refund", amount="50", reason="<b>torn</b> page")
        page = admin_client.get(reverse("admin:raseed_payment_change", args=[payment.pk])).content.decode()
        assert "by admin, because: &lt;b&gt;torn&lt;/b&gt; page" in page
        assert "A person asked for a refund" in page


class TestChangedMeanwhile:
    @pytest.mark.parametrize("act", ["accept", "reject"])
    def test_a_decision_about_something_else_is_not_carried_out(self, act, start, desk):
        payment = underpaid(start)
        form = desk.form(payment, act)
        testing.deliver(payment, testing.pay(payment, php(100)), salt="more")
        kind, words = desk.said(desk.send(payment, act, form))
        assert (kind, "changed while you were looking" in words) == ("trouble", True)
        assert stands(payment) == ("review", "under", 0)
        assert not StaffAction.objects.exists()

    def test_what_is_no_longer_possible_is_said(self, start, desk):
        payment = paid(start)
        raseed.request_refund(payment)
        assert "on its way back already" in plain_page(desk, payment, "refund")
        assert "Nothing about this payment waits" in plain_page(desk, payment, "accept")
        assert "Only a payment in review" in plain_page(desk, payment, "reject")
        assert "Nothing is owed" in plain_page(desk, payment, "retry")

    def test_an_account_that_is_gone(self, start, desk, settings):
        payment = paid(start)
        settings.RASEED = settings.RASEED | {"ACCOUNTS": {}}
        for act in ("check", "refund"):
            assert "not in the settings" in plain_page(desk, payment, act)


def plain_page(desk, payment, act):
    answer = desk.open(payment, act)
    assert answer.status_code == 200
    return answer.content.decode()


class TestCheckNow:
    def test_applies_what_the_gateway_says(self, start, desk):
        payment = start().payment
        testing.pay(payment)
        assert desk.do(payment, "check") == (
            "success",
            "The gateway answered. The payment is paid (it was pending).",
        )
        assert stands(payment) == ("paid", "", 1)
        assert again(payment).first_channel == "manual"

    def test_a_gateway_that_is_down(self, start, desk, gateway):
        payment = start().payment
        gateway.trouble["query"] = [GatewayUnavailable("no answer")]
        kind, words = desk.do(payment, "check")
        assert (kind, "Nothing was done." in words, "no answer" in words) == ("trouble", True, True)
        assert StaffAction.objects.get().is_done is False
        assert desk.do(payment, "check")[0] == "success"

    def test_while_a_worker_asks(self, start, desk, gateway):
        payment = start().payment
        said = []
        gateway.before["query"] = lambda: said.append(desk.do(payment, "check"))
        raseed.check_payment(payment)
        assert "worker is talking to the gateway" in said[0][1]


class TestRetry:
    def test_gives_what_is_owed_once(self, start, desk):
        payment = owed(start)
        assert desk.do(payment, "retry")[0] == "success"
        assert stands(payment) == ("paid", "", 1)
        assert Fulfilment.objects.get().state == "done"

    def test_that_fails_again_says_why(self, start, desk):
        BuyBook.failures = 2
        payment = paid(start)
        kind, words = desk.do(payment, "retry")
        assert (kind, "the shop's own mistake" in words.replace("&#x27;", "'")) == ("trouble", True)
        assert Fulfilment.objects.get().tries == 2
        work(60)
        assert stands(payment) == ("paid", "", 1)

    def test_takes_a_refund_into_account(self, start, desk, monkeypatch):
        payment = paid(start)
        with monkeypatch.context() as broken:
            broken.setattr(BuyBook, "revoke", lambda *_: 1 / 0)
            testing.deliver(payment, testing.refund_at_gateway(payment))
        assert Revocation.objects.get().state == "due"
        assert desk.do(payment, "retry")[0] == "success"
        assert Revocation.objects.get().state == "done"


class TestDecide:
    def test_accept_gives_what_was_paid_for(self, start, desk):
        payment = underpaid(start)
        desk.do(payment, "accept", reason="the rest in cash")
        assert stands(payment) == ("paid", "", 1)
        ruling = PaymentFact.objects.get(kind="accepted")
        assert (ruling.user.username, ruling.reason, ruling.channel) == (
            "admin",
            "the rest in cash",
            "manual",
        )

    def test_reject_gives_nothing(self, start, desk):
        payment = underpaid(start)
        assert "should be refunded" in desk.do(payment, "reject")[1]
        assert stands(payment)[::2] == ("cancelled", 0)

    def test_money_a_policy_is_sending_back_can_be_accepted(self, start, desk, monkeypatch):
        from tests.payments.books import use_policies

        use_policies(monkeypatch, late="refund")
        payment = start().payment
        work(3601)
        testing.deliver(payment, testing.pay(payment))
        assert Refund.objects.get().state == "waiting"
        assert desk.do(payment, "accept")[0] == "success"
        assert Refund.objects.get().state == "failed"


class TestRefund:
    @pytest.mark.parametrize(
        ("amount", "words"),
        [
            ("200.01", "is more than can go back"),
            ("0", "above zero"),
            ("-5", "above zero"),
            ("1.001", "more decimals"),
            ("1e2", "not an amount"),
            ("abc", "not an amount"),
            ("1,2,3.00", "not an amount"),
            ("", "required"),
            ("9" * 29, "do not fit"),
        ],
    )
    def test_an_amount_that_is_none(self, amount, words, start, desk):
        payment = paid(start)
        kind, said = desk.do(payment, "refund", amount=amount)
        assert (kind, words in said) == ("trouble", True), said
        assert not Refund.objects.exists()

    @pytest.mark.parametrize(("amount", "minor"), [("200", 20000), (" 1.5 ", 150), ("200.00", 20000)])
    def test_is_written_in_major_units(self, amount, minor, start, desk):
        payment = paid(start)
        assert desk.do(payment, "refund", amount=amount)[0] == "success"
        refund = Refund.objects.get()
        assert (refund.minor, refund.user.username, refund.reason) == (minor, "admin", "as agreed")
        work()
        assert again(payment).refunded() == php(minor)

    def test_proposes_all_that_is_left(self, start, desk):
        payment = paid(start)
        raseed.request_refund(payment, php(5000))
        page = desk.open(payment, "refund").content.decode()
        assert 'value="150.00"' in page
        assert "PHP 150.00" in page

    def test_of_two_charges_one_is_chosen(self, start, desk):
        payment = paid(start)
        first = payment.charges.get()
        testing.deliver(payment, testing.pay(payment, php(7000)), salt="again")
        form = desk.form(payment, "refund")
        assert "charge" not in form
        desk.send(payment, "refund", form, charge=first.pk, amount="60.00")
        assert Refund.objects.get().charge_ref == first.ref
        answer = desk.send(payment, "refund", desk.form(payment, "refund"), charge="77", amount="1.00")
        assert "valid choice" in desk.said(answer)[1]

    def test_that_somebody_was_quicker_to_make(self, start, desk):
        payment = paid(start)
        form = desk.form(payment, "refund")
        raseed.request_refund(payment)
        assert "changed while" in desk.said(desk.send(payment, "refund", form, amount="200.00"))[1]
        assert Refund.objects.count() == 1

    def test_a_mistake_of_ours_is_no_error_page(self, start, desk, monkeypatch):
        from raseed.payments.admin.actions import refunding

        monkeypatch.setattr(refunding, "request_refund", lambda *_, **__: 1 / 0)
        kind, words = desk.do(paid(start), "refund", amount="1")
        assert (kind, "on our side" in words) == ("trouble", True)
        assert StaffAction.objects.get().is_done is False


class TestOverview:
    def test_counts_and_links(self, start, desk, admin_client):
        underpaid(start)
        page = admin_client.get(reverse("admin:raseed_overview_changelist")).content.decode()
        for question in ("review", "held", "not-given", "stuck", "person"):
            assert f"question={question}" in page
        assert page.count("<b>1</b>") == 3  # in review, set apart, all that wait for a person
        index = admin_client.get(reverse("admin:index")).content.decode()
        assert reverse("admin:raseed_overview_changelist") in index

    def test_says_that_nobody_works(self, start, admin_client):
        start()
        testing.travel(3600)
        page = admin_client.get(reverse("admin:raseed_overview_changelist")).content.decode()
        assert "raseed_work" in page

    def test_is_for_those_who_may_look(self, django_user_model, client):
        clerk(django_user_model, client, "view_payment")
        page = client.get(reverse("admin:raseed_overview_changelist"))
        assert page.status_code == 200
        assert "Stuck deliveries" not in page.content.decode()
        clerk(django_user_model, client, "view_delivery", name="other")
        assert client.get(reverse("admin:raseed_overview_changelist")).status_code == 403
