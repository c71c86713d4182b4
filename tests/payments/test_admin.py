"""The admin: who may look, that nobody may write, the lists, their questions, and the pages."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import raseed
from raseed import testing
from raseed.core.errors import GatewayUnavailable
from raseed.core.money import Money
from raseed.payments import conf, models
from tests.bookshop.models import Book
from tests.bookshop.payments import BuyBook

pytestmark = pytest.mark.django_db

REGISTERED = [
    models.Payment,
    models.Delivery,
    models.Notice,
    models.Refund,
    models.Posting,
    models.RejectedDelivery,
    models.RejectedMinute,
]


def url(model, page="changelist", *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def staff(django_user_model, client):
    """A person who may only look; what they may look at is named."""

    def who_may(*codenames):
        user = django_user_model.objects.create_user("clerk", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return who_may


@pytest.fixture
def viewer(staff):
    return staff(*(f"view_{model._meta.model_name}" for model in REGISTERED))


@pytest.fixture
def sell(start):
    """A payment for a book of this title."""

    def begin(title, **more):
        return start(Book.objects.create(title=title), **more).payment

    return begin


def paid(payment):
    testing.pay(payment)
    testing.deliver(payment)
    payment.refresh_from_db()
    return payment


def everything(payment):
    """Make one row for every registered model."""
    paid(payment)
    raseed.request_refund(payment, key="k")
    testing.deliver(payment, signed=False)
    raseed.send_email("ana@example.org", "Paid", "Thank you.", payment=payment)
    return [model.objects.earliest("pk") for model in REGISTERED]


def test_secrets_have_no_pages():
    assert not admin.site.is_registered(models.AccountToken)
    assert not admin.site.is_registered(models.MemoryStep)


def test_every_page_opens_for_whoever_may_view(viewer, start):
    for row in everything(start().payment):
        assert viewer.get(url(type(row))).status_code == 200
        assert viewer.get(url(type(row), "change", row.pk)).status_code == 200


def test_nobody_writes_not_even_a_superuser(admin_client, start):
    for row in everything(start().payment):
        model, before = type(row), type(row).objects.values().get(pk=row.pk)
        assert admin_client.get(url(model, "add")).status_code == 403
        assert admin_client.post(url(model, "add"), {}).status_code == 403
        assert admin_client.post(url(model, "change", row.pk), {"state": "paid"}).status_code == 403
        assert admin_client.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        delete = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
        admin_client.post(url(model), delete)
        assert model.objects.values().get(pk=row.pk) == before


@pytest.mark.parametrize("codenames", [(), ("change_payment", "delete_payment", "view_delivery")])
def test_the_view_permission_is_needed(staff, start, codenames):
    payment = paid(start().payment)
    client = staff(*codenames)
    assert client.get(url(models.Payment)).status_code == 403
    assert client.get(url(models.Payment, "change", payment.pk)).status_code == 403


def test_links_lead_only_where_one_may_look(staff, start):
    payment = paid(start().payment)
    delivery = url(models.Delivery, "change", payment.deliveries.get().pk)
    page = staff("view_payment").get(url(models.Payment, "change", payment.pk)).content.decode()
    assert "The gateway called (delivery)" in page
    assert delivery not in page


def test_a_delivery_is_linked_for_whoever_may_see_it(viewer, start):
    payment = paid(start().payment)
    page = viewer.get(url(models.Payment, "change", payment.pk)).content.decode()
    assert url(models.Delivery, "change", payment.deliveries.get().pk) in page


def count(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_a_list_of_fifty_costs_as_many_queries_as_one_of_one(viewer, sell):
    paid(sell("one"))
    count(viewer, url(models.Payment))  # warms what is kept per process
    lists = [url(models.Payment), url(models.Delivery), url(models.Posting)]
    before = [count(viewer, address) for address in lists]
    for number in range(49):
        paid(sell(f"book {number}"))
    assert [count(viewer, address) for address in lists] == before
    assert max(before) <= 10
    assert viewer.get(lists[0]).content.decode().count('class="field-amount') == 50


def test_a_page_costs_the_same_for_a_long_story(viewer, sell, admin_user):
    short, long = paid(sell("short")), paid(sell("long"))
    for number in range(30):
        testing.deliver(long, testing.say(long, "attempt_failed", detail=f"attempt {number}"))
    for key in ("a", "b"):
        raseed.request_refund(long, Money(1000, "PHP"), key=key, user=admin_user)
    long.facts.update(user=admin_user)
    testing.work()
    count(viewer, url(models.Payment, "change", short.pk))
    costs = {count(viewer, url(models.Payment, "change", row.pk)) for row in (short, long)}
    assert len(costs) == 1
    assert costs.pop() <= 20


@pytest.fixture
def questions(viewer):
    """Which titles answer a question."""

    def ask(**filters):
        answer = viewer.get(url(models.Payment), filters)
        assert answer.status_code == 200
        return {payment.description for payment in answer.context["cl"].result_list}

    return ask


def a_shop_with_troubles(sell, gateway):
    paid(sell("fine"))
    sell("open")
    sell("forgotten")
    models.Payment.objects.filter(description="forgotten").update(expires_at=testing.clock())
    silent = sell("silent")
    gateway.trouble["query"] = [GatewayUnavailable("no answer")]
    raseed.check_payment(silent)
    odd = sell("too little")
    testing.pay(odd, Money(1, "PHP"))
    testing.deliver(odd)
    BuyBook.failures = 1
    paid(sell("owed"))
    testing.refund_at_gateway(paid(sell("returned")))
    testing.deliver(models.Payment.objects.get(description="returned"))
    raseed.request_refund(paid(sell("going back")), Money(1, "PHP"), key="k")


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("person", {"too little"}),
        ("stuck", {"forgotten", "silent"}),
        ("review", {"too little"}),
        ("held", {"too little"}),
        ("not-given", {"owed"}),
        ("refunded", {"returned"}),
        ("refunding", {"going back"}),
    ],
)
def test_filters_answer_questions(questions, sell, gateway, question, answer):
    a_shop_with_troubles(sell, gateway)
    assert questions(question=question) == answer


def test_filters_count_and_unknown_ones_do_no_harm(questions, viewer, sell, gateway):
    a_shop_with_troubles(sell, gateway)
    counted = viewer.get(url(models.Payment), {"_facets": "True"}).content.decode()
    assert "Stuck: time over, or gateway silent (2)" in " ".join(counted.split())
    assert len(questions(question="no such")) == 8
    assert len(questions(account="fake", purpose="book")) == 8
    assert questions(account="other") == set()


def test_held_money_that_went_back_is_held_no_more(questions, sell):
    payment = sell("too little")
    testing.pay(payment, Money(50, "PHP"))
    testing.deliver(payment)
    testing.refund_at_gateway(payment)
    testing.deliver(payment)
    assert models.Charge.objects.get().held
    assert questions(question="held") == set()


def test_search_finds_by_any_id_that_people_paste(questions, viewer, sell, django_user_model):
    maria = django_user_model.objects.create_user("maria")
    sell("another")
    payment = paid(sell("wanted", user=maria))
    raseed.request_refund(payment, key="k")
    testing.work()
    refund = models.Refund.objects.get()
    terms = [
        payment.reference,
        f"  {payment.reference[:16]} ",
        payment.gateway_ref,
        payment.ids["intent"],
        models.Charge.objects.get().ref,
        refund.ref,
        "maria",
    ]
    for term in terms:
        assert questions(q=term) == {"wanted"}, term
    assert questions(q="nothing has this id") == set()


def test_deliveries_are_told_apart_by_what_became_of_them(viewer, sell):
    paid(sell("read"))
    delivery = models.Delivery.objects.get()
    for number, state in enumerate(models.DeliveryState):
        models.Delivery.objects.create(
            account="fake",
            digest=str(number),
            state=state,
            method="POST",
            path="/",
            body=b"",
            copies=3,
            received_at=testing.clock(),
            error="RuntimeError: first\nsecond",
        )
    for state in models.DeliveryState:
        found = viewer.get(url(models.Delivery), {"state": state.value}).context["cl"].result_list
        assert {row.state for row in found} == {state.value}
    by_reference = viewer.get(url(models.Delivery), {"q": delivery.payment.reference})
    assert [row.pk for row in by_reference.context["cl"].result_list] == [delivery.pk]


def test_the_list_says_what_the_state_does_not(viewer, sell, gateway):
    a_shop_with_troubles(sell, gateway)
    page = viewer.get(url(models.Payment)).content.decode()
    for words in ("paid, not given yet", "review, under, held", "paid, refunded", "pending, time over"):
        assert words in page, words
    assert "pending, gateway silent" in page


def test_a_payable_that_is_gone_or_no_longer_configured_does_no_harm(viewer, sell, settings):
    payment = paid(sell("gone"))
    Book.objects.filter(title="gone").delete()
    address = url(models.Payment, "change", payment.pk)
    assert "(no longer there)" in viewer.get(address).content.decode()
    settings.RASEED = settings.RASEED | {"PURPOSES": {}, "ACCOUNTS": {}}
    assert conf.current().purposes == {}
    assert "(no longer there)" in viewer.get(address).content.decode()
    assert viewer.get(url(models.Payment)).status_code == 200
    assert viewer.get(url(models.Delivery, "change", payment.deliveries.get().pk)).status_code == 200


def test_what_others_wrote_is_shown_as_text(viewer, sell):
    payment = sell("<script>alert('title')</script>")
    testing.deliver(payment, testing.say(payment, "failed", detail="<script>alert('detail')</script>"))
    pages = [url(models.Payment), url(models.Payment, "change", payment.pk)]
    pages.append(url(models.Delivery, "change", payment.deliveries.get().pk))
    for address in pages:
        page = viewer.get(address).content.decode()
        assert "<script>alert(" not in page
        assert "&lt;script&gt;alert(" in page


def test_letters_that_were_given_up_are_found_and_no_secret_is_shown(viewer, payment):
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    raseed.send_email("ana@example.org", "This one waits", "There", payment=payment)
    given_up = raseed.send_webhook("https://a.example/", secret, {"type": "this.one"}, "k", payment=payment)
    models.Notice.objects.filter(pk=given_up.pk).update(state="failed", error="the receiver answered 410.")
    found = viewer.get(url(models.Notice), {"state": "failed"}).content.decode()
    assert "this.one" in found
    assert "the receiver answered 410." in found
    assert "This one waits" not in found
    page = viewer.get(url(models.Notice, "change", given_up.pk)).content.decode()
    assert payment.reference in page
    assert secret[6:] not in page
