"""What tests of money share: policies for one test, the proof of the ledger, and looking again."""

from collections import Counter

import raseed
from raseed import testing
from raseed.core.snapshot import Policies, Policy
from raseed.core.states import RefundState
from raseed.payments import conf
from raseed.payments.ledger_check import check_ledger
from raseed.payments.models import Charge, Payment, Posting, Refund

PHP = "PHP"


def php(minor):
    return raseed.Money(minor, PHP)


def use_policies(monkeypatch, purpose="book", **words):
    """Policies of a purpose for one test: use_policies(monkeypatch, over="refund")."""
    policies = Policies(**{concern: Policy(word) for concern, word in words.items()})
    monkeypatch.setattr(conf.current().purpose(purpose), "policies", policies)


def use_capabilities(monkeypatch, gateway, **changes):
    from dataclasses import replace

    monkeypatch.setattr(gateway, "capabilities", replace(gateway.capabilities, **changes))


def again(thing):
    """The row as it stands now."""
    return type(thing)._default_manager.get(pk=thing.pk)


def paid(start, minor=None, salt="", **options):
    """A payment that is paid and told by webhook."""
    payment = start(**options).payment
    testing.pay(payment, php(minor) if minor else None)
    testing.deliver(payment, salt=salt)
    return again(payment)


def work(seconds=0, rounds=20):
    """Let time pass and do what is due."""
    testing.travel(seconds)
    return testing.work(rounds)


def balances():
    """What stands on every account of the ledger: debits less credits, by account and currency."""
    sums = Counter()
    for posting in Posting.objects.all():
        sums[posting.debit, posting.currency] += posting.minor
        sums[posting.credit, posting.currency] -= posting.minor
    return {account: minor for account, minor in sums.items() if minor}


def expected_balances():
    """The same from the charges, refunds and fees: what must be true whatever happened."""
    sums = Counter()
    for charge in Charge.objects.select_related("payment"):
        memo = "memo:" if charge.payment.is_memorandum else ""
        sales = f"sales:{charge.payment.purpose}"
        if charge.payment.wallet:
            sales = f"wallet:{charge.payment.wallet}"
        earned = memo + ("suspense" if charge.held else sales)
        gateway, fee = memo + _book(charge), charge.fee_minor or 0
        refunds = Refund.objects.filter(payment=charge.payment, charge_ref=charge.ref)
        gone = refunds.filter(state=RefundState.SUCCEEDED)
        back = sum(refund.minor for refund in gone)
        sums[gateway, charge.currency] += charge.minor - fee
        for refund in gone:
            sums[_book(refund), charge.currency] -= refund.minor
        sums["fees", charge.currency] += fee
        sums[earned, charge.currency] -= charge.minor - back
    return {account: minor for account, minor in sums.items() if minor}


def books_to_be():
    """What must stand; where wallets, hands or shortfalls had a part, what does (see `check_ledger`)."""
    stands, expected = balances(), expected_balances()
    others = Posting.objects.filter(payment=None) | Posting.objects.filter(debit="receivable")
    touched = {(p.debit, p.currency) for p in others} | {(p.credit, p.currency) for p in others}
    touched |= {name for name in stands if name[0].startswith("wallet:")} if others else set()
    return {name: stands[name] for name in touched if name in stands} | {
        name: minor for name, minor in expected.items() if name not in touched
    }


def _book(row):
    """The ledger's account of a charge's or a refund's money."""
    is_gateways = row.account != "by-hand" and not row.account.startswith("wallet:")
    return f"gateway:{row.account}" if is_gateways else row.account


def assert_books():
    """The ledger agrees with what moved, and nobody got back more than came."""
    assert balances() == books_to_be()
    assert [line for line in check_ledger() if not line.is_right] == []
    for charge in Charge.objects.all():
        refunds = Refund.objects.filter(payment=charge.payment, charge_ref=charge.ref)
        assert sum(r.minor for r in refunds if r.state == RefundState.SUCCEEDED) <= charge.minor


def the_refund():
    """The only refund there is."""
    return Refund.objects.get()


def stands(payment):
    """State, why a person should look, and how often the book was given, in one line."""
    from tests.bookshop.models import Book

    payment = Payment.objects.get(pk=payment.pk)
    return payment.state, payment.concern, Book.objects.get(pk=payment.payable_key).given
