"""What adapters remember: steps that happen once whatever dies, and tokens that all processes share."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from raseed import testing
from raseed.core.errors import (
    ConfigurationError,
    GatewayRefused,
    GatewayUnavailable,
    LeaseLost,
    OutcomeUnknown,
    Unsupported,
)
from raseed.gateways.base import Token
from raseed.gateways.steps import note
from raseed.payments import memory as memories
from raseed.payments.flows import leases
from raseed.payments.memory import DatabaseMemory, account_token
from raseed.payments.models import AccountToken, MemoryStep

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def frozen():
    return testing.freeze()


@pytest.fixture
def memory(payment):
    return take_over(payment)


def take_over(payment):
    """A worker takes the payment's lease and gets a memory under it."""
    number = leases.take(payment.pk, testing.clock(), 60)
    assert number is not None
    return DatabaseMemory("fake", payment.pk, number)


def later_worker(payment):
    """The lease runs out, and another worker goes on."""
    testing.travel(60)
    return take_over(payment)


class Call:
    """An outside call that is counted; it answers, or raises what it is given."""

    def __init__(self, *outcomes):
        self.outcomes = list(outcomes)
        self.times = 0

    def __call__(self):
        self.times += 1
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome() if callable(outcome) else outcome


class TestOnce:
    def test_a_step_is_taken_once_and_its_answer_kept(self, memory, payment):
        call = Call({"id": "pay_1", "amounts": [1, 2]})
        assert memory.once("charge", call) == {"id": "pay_1", "amounts": [1, 2]}
        assert memory.once("charge", call) == {"id": "pay_1", "amounts": [1, 2]}
        assert later_worker(payment).once("charge", call) == {"id": "pay_1", "amounts": [1, 2]}
        assert call.times == 1

    def test_no_answer_is_an_answer_too(self, memory):
        call = Call(None)
        assert (memory.once("close", call), memory.once("close", call), call.times) == (None, None, 1)

    def test_steps_and_payments_are_told_apart(self, memory, start, book):
        other = take_over(start(purpose="gift").payment)
        assert memory.once("charge", Call("a")) == "a"
        assert memory.once("charge:2", Call("b")) == "b"
        assert other.once("charge", Call("c")) == "c"

    def test_the_answer_is_unreadable_in_the_database(self, memory):
        memory.once("authorize", Call({"token": "secret-of-the-customer"}))
        kept = MemoryStep.objects.get()
        assert b"secret-of-the-customer" not in bytes(kept.answer)
        assert kept.answered_at is not None

    def test_an_answer_under_a_lost_key_says_how_to_get_it_back(self, memory, settings):
        memory.once("charge", Call("pay_1"))
        before, settings.SECRET_KEY = settings.SECRET_KEY, "another"
        with pytest.raises(ConfigurationError, match="SECRET_KEY_FALLBACKS"):
            memory.once("charge", Call("pay_2"))
        settings.SECRET_KEY_FALLBACKS = [before]
        assert memory.once("charge", Call("pay_2")) == "pay_1"

    @pytest.mark.parametrize("death", [GatewayUnavailable("no answer"), SystemExit(), KeyboardInterrupt()])
    def test_a_lost_answer_is_looked_up_and_the_call_not_repeated(self, memory, payment, death):
        call, lookup = Call(death), Call("pay_1")
        with pytest.raises(type(death)):
            memory.once("charge", call)
        assert later_worker(payment).once("charge", call, lookup) == "pay_1"
        assert (call.times, lookup.times) == (1, 1)
        assert later_worker(payment).once("charge", call, lookup) == "pay_1"
        assert (call.times, lookup.times) == (1, 1)

    def test_what_certainly_never_arrived_is_called_again(self, memory, payment):
        call, lookup = Call(GatewayUnavailable("no answer"), "pay_1"), Call(None)
        with pytest.raises(GatewayUnavailable):
            memory.once("charge", call, lookup)
        assert later_worker(payment).once("charge", call, lookup) == "pay_1"
        assert (call.times, lookup.times) == (2, 1)

    def test_a_look_up_that_fails_repeats_nothing(self, memory, payment):
        call, lookup = Call(GatewayUnavailable("no answer")), Call(GatewayUnavailable("still none"))
        with pytest.raises(GatewayUnavailable):
            memory.once("charge", call, lookup)
        with pytest.raises(GatewayUnavailable, match="still none"):
            later_worker(payment).once("charge", call, lookup)
        assert call.times == 1

    def test_what_cannot_be_looked_up_is_left_to_a_person(self, memory, payment):
        call = Call(GatewayUnavailable("no answer"))
        with pytest.raises(GatewayUnavailable):
            memory.once("charge", call)
        with pytest.raises(OutcomeUnknown, match="Check it at the gateway"):
            later_worker(payment).once("charge", call)
        assert call.times == 1

    def test_a_note_that_was_begun_and_lost_is_kept_by_the_next(self, memory, payment):
        """Noting calls nothing, so there is nothing to look up. The first finding that was kept stands."""
        with pytest.raises(RuntimeError):
            memory.once("total", Call(RuntimeError("the process died here")))
        assert note(later_worker(payment), "total", 5) == 5
        assert note(later_worker(payment), "total", 6) == 5

    @pytest.mark.parametrize("refusal", [GatewayRefused("declined", code="no"), Unsupported("cannot")])
    def test_a_refused_step_may_be_tried_again(self, memory, refusal):
        call = Call(refusal, "pay_1")
        with pytest.raises(type(refusal)):
            memory.once("charge", call)
        assert MemoryStep.objects.count() == 0
        assert memory.once("charge", call) == "pay_1"

    def test_a_worker_that_lost_its_lease_calls_nothing(self, memory, payment):
        later_worker(payment)
        call = Call("pay_1")
        with pytest.raises(LeaseLost, match="another worker"):
            memory.once("charge", call)
        assert (call.times, MemoryStep.objects.count()) == (0, 0)

    def test_a_worker_that_lost_its_lease_while_looking_up_does_not_call(self, memory, payment):
        with pytest.raises(GatewayUnavailable):
            memory.once("charge", Call(GatewayUnavailable("no answer")))
        second = later_worker(payment)

        def slow_lookup():
            later_worker(payment)

        call = Call("pay_1")
        with pytest.raises(LeaseLost):
            second.once("charge", call, slow_lookup)
        assert call.times == 0

    def test_a_late_refusal_does_not_forget_what_another_worker_did(self, memory, payment):
        """The first call hangs; a second worker looks up and finds it done; then the first is refused."""

        def refused_late():
            assert later_worker(payment).once("charge", Call("twice"), Call("pay_1")) == "pay_1"
            raise GatewayRefused("too late")

        with pytest.raises(GatewayRefused):
            memory.once("charge", refused_late)
        again = Call("charged twice")
        assert later_worker(payment).once("charge", again, Call("pay_1")) == "pay_1"
        assert again.times == 0

    def test_a_late_refusal_does_not_forget_what_another_worker_has_begun(self, memory, payment):
        def refused_late():
            with pytest.raises(GatewayUnavailable):
                later_worker(payment).once("charge", Call(GatewayUnavailable("lost")), Call(None))
            raise GatewayRefused("too late")

        with pytest.raises(GatewayRefused):
            memory.once("charge", refused_late)
        again, lookup = Call("charged twice"), Call("pay_2")
        assert later_worker(payment).once("charge", again, lookup) == "pay_2"
        assert (again.times, lookup.times) == (0, 1)

    def test_the_first_answer_stands(self, memory, payment):
        """Both workers end up knowing the same charge, whichever was late."""

        def answered_late():
            assert later_worker(payment).once("charge", Call("pay_2"), Call("pay_1")) == "pay_1"
            return "pay_9"

        assert memory.once("charge", answered_late) == "pay_1"
        assert later_worker(payment).recall("charge") == "pay_1"

    def test_an_answer_that_comes_after_another_workers_refusal_is_kept(self, memory, payment):
        """The charge went through after all; the one who asked again heard "already charged"."""

        def answered_late():
            with pytest.raises(GatewayRefused):
                later_worker(payment).once("charge", Call(GatewayRefused("already charged")), Call(None))
            return "pay_1"

        assert memory.once("charge", answered_late) == "pay_1"
        again = Call("charged twice")
        assert later_worker(payment).once("charge", again) == "pay_1"
        assert again.times == 0

    def test_recalling_makes_no_call(self, memory):
        assert memory.recall("charge") is None
        with pytest.raises(GatewayUnavailable):
            memory.once("charge", Call(GatewayUnavailable("lost")))
        assert memory.recall("charge") is None
        memory.once("other", Call("answer"))
        assert memory.recall("other") == "answer"


class TestToken:
    """Names of times: a token of 1000 s is due for refreshing 100 s before it ends."""

    def token(self, call):
        return account_token("fake", "oauth", call)

    def lasting(self, value, seconds=1000):
        return lambda: Token(value, testing.clock() + timedelta(seconds=seconds))

    def test_it_is_fetched_once_and_shared(self, memory, payment):
        call = Call(self.lasting("token-of-an-hour"))
        assert memory.token("oauth", call) == "token-of-an-hour"
        assert later_worker(payment).token("oauth", call) == "token-of-an-hour"
        assert call.times == 1
        assert b"token-of-an-hour" not in bytes(AccountToken.objects.get().value)

    def test_accounts_and_names_are_told_apart(self):
        assert self.token(Call(self.lasting("t1"))) == "t1"
        assert account_token("other", "oauth", Call(self.lasting("t2"))) == "t2"
        assert account_token("fake", "grant", Call(self.lasting("t3"))) == "t3"

    def test_a_token_without_end_is_kept(self):
        assert self.token(Call(Token("t1"))) == "t1"
        testing.travel(10**8)
        assert self.token(Call(Token("t2"))) == "t1"

    def test_it_is_refreshed_ahead_of_its_end(self):
        call = Call(self.lasting("t1"), self.lasting("t2"))
        self.token(call)
        testing.travel(899)
        assert self.token(call) == "t1"
        testing.travel(1)
        assert (self.token(call), self.token(call), call.times) == ("t2", "t2", 2)

    def test_a_long_life_is_refreshed_five_minutes_ahead(self):
        call = Call(self.lasting("t1", 86_400), self.lasting("t2"))
        self.token(call)
        testing.travel(86_400 - 301)
        assert self.token(call) == "t1"
        testing.travel(1)
        assert self.token(call) == "t2"

    def test_while_one_refreshes_ahead_the_others_go_on_with_the_old_one(self):
        self.token(Call(self.lasting("t1")))
        testing.travel(950)

        def refresh():
            assert self.token(Call(AssertionError("refreshed twice"))) == "t1"
            return self.lasting("t2")()

        assert self.token(refresh) == "t2"

    def test_a_refresh_that_fails_ahead_of_time_goes_on_with_the_old_one(self):
        self.token(Call(self.lasting("t1")))
        testing.travel(950)
        down = Call(GatewayUnavailable("down"), self.lasting("t2"))
        assert self.token(down) == "t1"
        assert self.token(down) == "t1"  # and not every call tries in vain
        assert down.times == 1
        testing.travel(30)
        assert (self.token(down), down.times) == ("t2", 2)

    def test_a_refresh_that_fails_when_there_is_no_other_is_told_and_tried_again(self):
        call = Call(GatewayUnavailable("down"), self.lasting("t1"))
        with pytest.raises(GatewayUnavailable, match="down"):
            self.token(call)
        assert self.token(call) == "t1"

    def test_a_process_that_died_while_refreshing_is_waited_for_and_then_replaced(self, monkeypatch):
        monkeypatch.setattr(memories, "_WAIT_SECONDS", 0.2)
        AccountToken.objects.create(
            account="fake", name="oauth", lease_until=testing.clock() + timedelta(seconds=30)
        )
        call = Call(self.lasting("t1"))
        with pytest.raises(GatewayUnavailable, match="being refreshed"):
            self.token(call)
        testing.travel(30)
        assert (self.token(call), call.times) == ("t1", 1)

    def test_a_late_refresh_does_not_replace_a_newer_token(self):
        def slow():
            testing.travel(31)
            assert self.token(self.lasting("t2")) == "t2"
            return self.lasting("t1")()

        self.token(slow)
        assert self.token(Call(AssertionError("refreshed again"))) == "t2"

    def test_who_was_too_late_for_the_lease_finds_the_new_token(self, monkeypatch):
        """It read the old row, another one refreshed and let go, and then it got the lease."""
        self.token(Call(self.lasting("t1", 10)))
        stale = AccountToken.objects.get()
        testing.travel(11)
        assert self.token(Call(self.lasting("t2"))) == "t2"
        monkeypatch.setattr(AccountToken.objects, "get_or_create", lambda **names: (stale, False))
        assert self.token(Call(AssertionError("refreshed twice"))) == "t2"
        assert AccountToken.objects.get().lease_until is None

    def test_a_token_that_the_gateway_no_longer_takes_is_forgotten_once(self, memory):
        assert memory.token("oauth", Call(self.lasting("t1"))) == "t1"
        memory.forget("oauth", "t1")
        assert memory.token("oauth", Call(self.lasting("t2"))) == "t2"
        memory.forget("oauth", "t1")  # a slow request learns the same about the old one
        assert memory.token("oauth", Call(AssertionError("refreshed again"))) == "t2"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestRealThreads:
    def run(self, task, threads=8):
        start = threading.Barrier(threads)

        def one(number):
            try:
                start.wait(10)
                return task(number)
            finally:
                connection.close()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(threads)))

    @pytest.mark.parametrize("age", [950, 1001], ids=["ahead of its end", "after its end"])
    def test_one_of_eight_refreshes(self, age):
        account_token("fake", "oauth", lambda: Token("t0", testing.clock() + timedelta(seconds=1000)))
        testing.travel(age)
        refreshed = []

        def refresh():
            refreshed.append(threading.get_ident())
            return Token(f"t{len(refreshed)}", testing.clock() + timedelta(seconds=1000))

        got = self.run(lambda number: account_token("fake", "oauth", refresh))
        assert len(refreshed) == 1
        assert set(got) <= ({"t0", "t1"} if age < 1000 else {"t1"})

    def test_one_of_eight_takes_the_lease(self, start):
        payment = start().payment
        numbers = self.run(lambda number: leases.take(payment.pk, testing.clock(), 60))
        assert sorted(number is None for number in numbers) == [False] + [True] * 7
