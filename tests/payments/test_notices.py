"""E-mails and webhooks that we send: queued with what they tell of, sent by the worker until they arrive."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

import raseed
from raseed import testing
from raseed.core.errors import InsideTransaction, RefusedNotice
from raseed.payments.flows import send_notice as sending
from raseed.payments.flows.send_notice import PAUSES_SECONDS, send_again, send_notice
from raseed.payments.models import Notice, Payment
from tests import letters
from tests.bookshop.models import Book
from tests.bookshop.payments import BuyBook
from tests.payments.books import again, paid, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(monkeypatch):
    """The shop's fulfil also writes to the customer."""

    def fulfil(self, book, payment):
        Book.objects.filter(pk=book.pk).update(given=1)
        raseed.send_email(
            "ana@example.org", f"Paid: {book}", "Thank you.", key=f"paid:{payment.reference}", payment=payment
        )
        if BuyBook.failures:
            BuyBook.failures -= 1
            raise RuntimeError("the shop's own mistake")

    monkeypatch.setattr(BuyBook, "fulfil", fulfil)


@pytest.fixture
def broken_mail(monkeypatch):
    """Errors that the mail server gives, one per attempt; afterwards it works."""
    errors = []
    good = sending.mail.send

    def send(message, connection):
        if errors:
            raise errors.pop(0)
        good(message, connection)

    monkeypatch.setattr(sending.mail, "send", send)
    return errors


def the_notice():
    return Notice.objects.get()


class TestWithWhatItTellsOf:
    def test_a_payment_brings_one_letter_however_often_it_is_told(self, start, tell):
        payment = paid(start)
        assert mail.outbox == []  # nothing leaves in the confirming transaction
        testing.deliver(payment, salt="a copy")
        work()
        letter = mail.outbox[0]
        assert len(mail.outbox) == 1
        assert (letter.to, letter.subject, letter.body) == (
            ["ana@example.org"],
            "Paid: Noli Me Tangere",
            "Thank you.",
        )
        assert (the_notice().state, the_notice().payment, the_notice().tries) == ("sent", payment, 1)
        assert the_notice().sent_at is not None

    def test_what_is_undone_is_not_told(self, start, tell):
        BuyBook.failures = 1
        paid(start)
        assert not Notice.objects.exists()
        work()
        assert mail.outbox == []
        work(11)
        assert len(mail.outbox) == 1

    def test_a_rollback_of_a_view_takes_it_back(self):
        with transaction.atomic():
            raseed.send_email("ana@example.org", "Hello", "There")
            transaction.set_rollback(True)
        assert not Notice.objects.exists()

    def test_sending_inside_a_transaction_is_refused(self):
        notice = raseed.send_email("ana@example.org", "Hello", "There")
        with pytest.raises(InsideTransaction), transaction.atomic():
            send_notice(notice.pk)


class TestQueueing:
    def test_the_same_key_is_the_same_notice(self):
        first = raseed.send_email("ana@example.org", "Hello", "There", key="hello:1")
        second = raseed.send_email("ben@example.org", "Other", "Words", key="hello:1")
        assert second == first
        assert again(first).recipient == "ana@example.org"

    def test_without_a_key_each_call_is_one(self):
        raseed.send_email("ana@example.org", "Hello", "There")
        raseed.send_email("ana@example.org", "Hello", "There")
        work()
        assert len(mail.outbox) == 2
        assert len({letter.extra_headers["Message-ID"] for letter in mail.outbox}) == 2

    @pytest.mark.parametrize("nobody", ["", "  ", "\n"])
    def test_nobody_to_write_to_is_no_error(self, nobody):
        assert raseed.send_email(nobody, "Hello", "There") is None
        assert not Notice.objects.exists()

    def test_a_subject_brings_no_headers_of_its_own(self):
        raseed.send_email("ana@example.org", "Paid\r\nBcc: eve@example.org", "There")
        work()
        assert mail.outbox[0].subject == "Paid Bcc: eve@example.org"
        assert mail.outbox[0].recipients() == ["ana@example.org"]

    def test_letters_may_have_html_too(self):
        raseed.send_email("ana@example.org", "Hello", "There", html="<p>There</p>")
        work()
        assert mail.outbox[0].alternatives[0][:2] == ("<p>There</p>", "text/html")

    def test_a_key_that_is_too_long(self):
        with pytest.raises(RefusedNotice, match="128"):
            raseed.send_email("ana@example.org", "Hello", "There", key="k" * 129)

    def test_words_that_a_database_cannot_store(self):
        notice = raseed.send_email("ana@example.org", "a\x00b", "c\ud800", key="d\x00")
        assert (notice.subject, notice.body) == ("a\ufffdb", "c?")


class TestRetries:
    def test_it_is_tried_again_with_growing_pauses_and_then_given_up(self, broken_mail):
        testing.freeze()
        broken_mail += [ConnectionRefusedError("no mail server")] * 20
        raseed.send_email("ana@example.org", "Hello", "There")
        pauses = []
        work()
        while the_notice().state == "waiting":
            pauses.append((the_notice().next_try_at - testing.clock()).total_seconds())
            assert work(pauses[-1] - 0.5) == 0
            assert work(1) == 1
        for pause, planned in zip(pauses, PAUSES_SECONDS, strict=True):
            assert planned <= pause <= planned * 1.1 + 0.5
        notice = the_notice()
        assert (notice.state, notice.tries, notice.next_try_at) == ("failed", 10, None)
        assert notice.error == "ConnectionRefusedError: no mail server"
        assert mail.outbox == []

    def test_what_failed_together_does_not_come_back_together(self, broken_mail):
        testing.freeze()
        broken_mail += [ConnectionRefusedError("no mail server")] * 2
        for key in ("one", "two"):
            raseed.send_email("ana@example.org", "Hello", "There", key=key)
        work()
        first, second = Notice.objects.values_list("next_try_at", flat=True)
        assert first != second

    def test_it_carries_the_same_id_in_each_attempt(self, broken_mail, settings):
        settings.DEFAULT_FROM_EMAIL = "Shop <shop@shop.example>"
        broken_mail.append(TimeoutError())
        notice = raseed.send_email("ana@example.org", "Hello", "There", key="hello:1")
        work()
        assert again(notice).error.startswith("TimeoutError")
        work(10)
        assert mail.outbox[0].extra_headers["Message-ID"] == f"<{notice.message_id}@shop.example>"
        assert (again(notice).state, again(notice).error) == ("sent", "")

    @pytest.mark.parametrize(("code", "state"), [(550, "failed"), (450, "waiting")])
    def test_an_address_that_is_refused_for_good_is_given_up_at_once(self, broken_mail, code, state):
        refused = sending.SMTPRecipientsRefused({"ana@example.org": (code, b"no such user")})
        broken_mail.append(refused)
        raseed.send_email("ana@example.org", "Hello", "There")
        work()
        assert the_notice().state == state
        assert str(code) in the_notice().error

    def test_a_worker_that_dies_while_sending_loses_nothing(self, monkeypatch):
        class Killed(BaseException):
            pass

        def die(notice):
            raise Killed

        notice = raseed.send_email("ana@example.org", "Hello", "There")
        with monkeypatch.context() as patched:
            patched.setattr(sending, "_carry", die)
            with pytest.raises(Killed):
                send_notice(notice.pk)
        assert again(notice).state == "sending"
        assert work(58) == 0
        work(3)
        assert (again(notice).state, again(notice).tries, len(mail.outbox)) == ("sent", 2, 1)

    def test_one_worker_at_a_time(self, monkeypatch):
        notice = raseed.send_email("ana@example.org", "Hello", "There")
        monkeypatch.setattr(sending, "_carry", lambda row: send_notice(row.pk))
        send_notice(notice.pk)
        assert again(notice).tries == 1

    def test_a_late_worker_says_that_it_is_out_but_not_that_it_failed(self, monkeypatch):
        """Its lease ran out, another one took over; both are still sending."""
        notice = raseed.send_email("ana@example.org", "Hello", "There")
        answers = []

        def slow(row):
            if not answers:
                answers.append("taken over")
                testing.travel(61)
                send_notice(row.pk)
                raise TimeoutError
            assert row.tries == 2

        monkeypatch.setattr(sending, "_carry", slow)
        send_notice(notice.pk)
        assert (again(notice).state, again(notice).error) == ("sent", "")

    def test_a_person_has_it_tried_again(self, broken_mail):
        broken_mail.append(sending.SMTPRecipientsRefused({"ana@example.org": (550, b"quota")}))
        notice = raseed.send_email("ana@example.org", "Hello", "There")
        work()
        assert send_again(notice.pk)
        work()
        assert again(notice).state == "sent"
        assert not send_again(notice.pk)

    def test_a_mail_server_is_not_waited_for_for_ever(self, settings, monkeypatch):
        mail_server = "django.core.mail.backends.smtp.EmailBackend"
        letters.go_through(settings, mail_server, host="127.0.0.1", timeout=None)
        seen = []
        monkeypatch.setattr(
            f"{mail_server}.send_messages",
            lambda self, messages: seen.append(self.timeout),
        )
        raseed.send_email("ana@example.org", "Hello", "There")
        work()
        assert seen == [20]


def test_it_is_claimed_and_committed_before_anything_leaves(monkeypatch, transactional_db):
    """At least once: what was begun stands in the database while the message is on its way."""
    seen = []
    monkeypatch.setattr(sending, "_carry", lambda row: seen.append(Notice.objects.get(pk=row.pk).state))
    notice = raseed.send_email("ana@example.org", "Hello", "There")
    send_notice(notice.pk)
    assert seen == ["sending"]
    assert Notice.objects.get().next_try_at is None


def test_a_payment_knows_its_notices(payment):
    raseed.send_email("ana@example.org", "Hello", "There", payment=payment)
    assert [n.subject for n in Payment.objects.get(pk=payment.pk).notices.all()] == ["Hello"]
    assert json.dumps(str(the_notice())) == '"email to ana@example.org (waiting)"'
    assert the_notice().created_at - testing.clock() < timedelta(seconds=1)
