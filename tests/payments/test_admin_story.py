"""A payment's page: its story in order of time, its evidence, and the summary in plain words."""

from datetime import timedelta

import pytest
from django.urls import reverse

import raseed
from raseed import testing
from raseed.core.errors import GatewayUnavailable
from raseed.core.facts import Channel, FactKind
from raseed.core.money import Money
from raseed.payments.admin.evidence import evidence
from raseed.payments.admin.story import load
from raseed.payments.admin.summary import WORKER, summary
from raseed.payments.admin.timeline import timeline
from raseed.payments.admin.words import FACT_WORDS, duration
from raseed.payments.flows.apply_facts import apply_ruling
from raseed.payments.models import MemoryStep, Payment, Ruling
from tests.bookshop.payments import BuyBook

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _still():
    testing.freeze()


def loaded(payment):
    payment = Payment.objects.get(pk=payment.pk)
    load(payment)
    return payment


def told(payment):
    return timeline(loaded(payment))


def said_of(payment):
    return summary(loaded(payment), testing.clock())


def page(client, payment):
    return client.get(reverse("admin:raseed_payment_change", args=[payment.pk])).content.decode()


def test_the_story_merges_everything_in_order_of_time(start):
    BuyBook.failures = 1
    payment = start().payment
    testing.travel(40)
    testing.pay(payment, fee=Money(500, "PHP"))
    testing.deliver(payment)
    testing.deliver(payment)
    testing.travel(20)
    testing.work()
    testing.travel(5)
    raseed.request_refund(payment, Money(1000, "PHP"), key="k", reason="torn")
    testing.travel(5)
    testing.work()
    entries = told(payment)
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert [entry.kind for entry in entries] == [
        *("start", "fact"),
        *("delivery", "fact", "charge", "posting", "posting", "fulfilment"),
        *("fulfilment", "refund"),
        *("fact", "refund", "posting", "revocation"),
    ]
    titles = [entry.title for entry in entries]
    assert titles[3:5] == ["Paid: PHP 200.00", "Money came: PHP 200.00"]
    assert entries[2].marks == ("read", "came 2 times")
    assert entries[3].marks == ("webhook", "proof", "pending → paid")
    assert entries[3].lags == ("40 s after the start", "said it first")
    assert titles[7:9] == ["What was paid for could not be given at once", "What was paid for was given"]
    assert entries[8].marks == ("fulfilment", "done", "failed once")
    assert "reason: torn" in entries[9].lines


def test_an_owed_fulfilment_shows_its_traceback_folded(start, admin_client):
    BuyBook.failures = 9
    payment = start().payment
    testing.pay(payment)
    testing.deliver(payment)
    owed = told(payment)[-1]
    assert owed.folded_title == "Error: RuntimeError: the shop's own mistake"
    assert owed.folded.startswith("Traceback")
    shown = page(admin_client, payment)
    assert "<details><summary>Error: RuntimeError" in shown
    assert "Paid, but not given yet" in shown


def test_kept_answers_are_never_shown(start, admin_client):
    payment = start().payment
    at = testing.clock()
    MemoryStep.objects.create(
        payment=payment, step="charge", begun_at=at, answered_at=at + timedelta(seconds=2), answer=b"hush"
    )
    MemoryStep.objects.create(payment=payment, step="capture", begun_at=at)
    calls = [entry for entry in told(payment) if entry.kind == "call"]
    assert [entry.marks for entry in calls] == [(), ("no answer yet",)]
    assert "answered after 2.0 s" in calls[0].lines[0]
    assert "hush" not in page(admin_client, payment)


def test_a_deadline_is_part_of_the_story(start):
    payment = start().payment
    testing.travel(4000)
    raseed.check_payment(payment)
    lapsed = told(payment)[-1]
    assert (lapsed.title, lapsed.marks[2]) == ("Set aside by our own side", "pending → lapsed")


def test_a_persons_word_is_part_of_the_story(start, admin_user):
    payment = start().payment
    testing.pay(payment, Money(50, "PHP"))
    testing.deliver(payment)
    testing.travel(60)
    apply_ruling(payment.pk, Ruling.ACCEPTED, now=testing.clock(), reason="they are friends", user=admin_user)
    word = next(entry for entry in told(payment) if entry.title == "Accepted by a person")
    assert word.marks == ("manual", "proof", "review → paid")
    assert {"they are friends", "by admin"} <= set(word.lines)
    said = said_of(payment)
    assert "PHP 0.50 came in, where PHP 200.00 was expected." in said.known


def test_evidence_names_the_first_channel_and_the_lag_of_the_others(start):
    payment = start().payment
    testing.travel(60)
    testing.pay(payment)
    testing.deliver(payment)
    testing.travel(3)
    raseed.check_payment(payment, Channel.RETURN)
    testing.travel(600)
    raseed.check_payment(payment)
    rows = evidence(loaded(payment).facts.all())
    assert [(row.channel, row.lag) for row in rows] == [
        ("webhook", "first"),
        ("return", "3.0 s after the first"),
        ("manual", "10 min 3 s after the first"),
        ("poll", ""),
    ]
    assert rows[0].words.startswith("PHP 200.00 · charge_")
    assert rows[3].at is None


def test_there_is_no_evidence_of_what_nobody_said(start):
    assert {row.at for row in evidence(loaded(start().payment).facts.all())} == {None}


def test_summary_of_an_open_payment(start):
    said = said_of(start().payment)
    assert (said.tone, said.headline) == ("wait", "Not paid yet")
    assert said.next[0].endswith("(in 5.0 s).")
    assert "lapses at" in said.next[1]
    assert "They need not pay again" in said.advice[0]


def test_summary_of_a_payment_that_went_well(start):
    payment = start().payment
    testing.pay(payment)
    testing.deliver(payment)
    said = said_of(payment)
    assert (said.tone, said.headline) == ("good", "Paid, and given")
    assert "First word: the gateway called us." in said.known[0]
    assert said.known[1:] == ["What was paid for was given, once."]
    assert said.advice == ["Nothing needs to be done."]


def test_summary_asks_about_the_worker_when_work_is_overdue(start):
    payment = start().payment
    testing.travel(30)
    assert WORKER not in said_of(payment).advice
    testing.travel(60)
    said = said_of(payment)
    assert WORKER in said.advice
    assert "it was due at" in said.next[0]


def test_summary_of_a_silent_gateway(start, gateway):
    payment = start().payment
    gateway.trouble["query"] = [GatewayUnavailable("503; token=sesame")]
    raseed.check_payment(payment)
    said = said_of(payment)
    assert said.headline == "Not paid yet, and the gateway cannot be asked"
    assert "GatewayUnavailable: 503" in said.advice[0]
    assert "sesame" not in said.advice[0]


def test_a_question_that_failed_before_the_money_came_is_no_matter(start, gateway):
    payment = start().payment
    gateway.trouble["query"] = [GatewayUnavailable("503"), GatewayUnavailable("still 503")]
    raseed.check_payment(payment)
    testing.travel(1)
    testing.pay(payment)
    testing.deliver(payment)
    assert said_of(payment).advice == ["Nothing needs to be done."]
    testing.travel(1)
    raseed.check_payment(payment)
    assert "still 503" in said_of(payment).advice[0]


def test_summary_of_a_review(start):
    payment = start().payment
    testing.pay(payment, Money(50, "PHP"))
    testing.deliver(payment)
    said = said_of(payment)
    assert (said.tone, said.headline) == ("wait", "A person must decide")
    assert any("less money came than was agreed" in line for line in said.known)
    assert any(line.startswith("PHP 0.50 is held") for line in said.known)
    assert any(payment.reference in line for line in said.advice)


@pytest.mark.parametrize(
    ("kind", "tone", "headline"),
    [
        ("failed", "bad", "Ended without money (failed)"),
        ("expired", "bad", "Ended without money (expired)"),
    ],
)
def test_summary_of_an_end_without_money(start, kind, tone, headline):
    payment = start().payment
    testing.deliver(payment, testing.say(payment, kind, detail="The card was declined."))
    assert said_of(payment).next[0].startswith("The gateway is asked again")
    testing.travel(6)
    testing.work()
    said = said_of(payment)
    assert (said.tone, said.headline) == (tone, headline)
    assert said.next == ["Nothing: it is settled, and nothing is owed."]


def test_summary_of_a_full_refund(start):
    payment = start().payment
    testing.pay(payment)
    testing.deliver(payment)
    raseed.request_refund(payment, key="k")
    assert "The refund of PHP 200.00 is sent by the worker." in said_of(payment).next
    testing.work()
    said = said_of(payment)
    assert (said.tone, said.headline) == ("quiet", "Paid, and all of it went back")
    assert "PHP 200.00 went back." in said.known
    assert "taken back after the refund" in " ".join(said.known)


def test_every_kind_of_fact_has_its_words():
    assert set(FACT_WORDS) == {*FactKind, *Ruling}


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (12, "12 s"),
        (185, "3 min 5 s"),
        (120, "2 min"),
        (7440, "2 h 4 min"),
        (266400, "3 d 2 h"),
        (-61, "−1 min 1 s"),
    ],
)
def test_durations_read_easily(seconds, words):
    assert duration(timedelta(seconds=seconds)) == words
