"""Online banking: which one-time password leads where.

The passwords are those of https://docs.paymongo.com/docs/payment-acceptance-testing; where it names no
failure code, the code is our choice.
"""

from __future__ import annotations

from raseed.sandbox.store import Doc

PAID = "paid"
#: bank -> one-time password -> "paid" or the code of the failure
PASSWORDS = {
    "brankas": {"123456": PAID},
    "unionbank": {
        "111111": PAID,
        **dict.fromkeys(("222222", "333333", "444444", "555555", "666666"), "DENIED"),
    },
    "bpi": {"123456": PAID, "654321": "DENIED", "000000": "EXPIRED"},
}
#: BPI's test account, as its page shows it
ACCOUNTS = {"bpi": "***0001"}
#: How the bank of `dob` is written: the codes in public integrations, and those of test mode.
UNIONBANK = ("ub", "union", "test_bank_two")
#: ways to leave the page without a password
WAYS_OUT = {"cancel": "CANCELLED", "deny": "DENIED", "expire": "EXPIRED"}


def bank_of(attempt: Doc) -> str:
    """Which bank's page an attempt leads to. `dob` without a known bank code is BPI (our choice)."""
    method, code = attempt["method"], str(attempt["bank_code"] or "").lower()
    if method.startswith("brankas"):
        return "brankas"
    return "unionbank" if method == "dob_ubp" or code.startswith(UNIONBANK) else "bpi"


def outcome(bank: str, password: str) -> str:
    """ "paid", a failure code, or "" for a password the bank does not know."""
    return PASSWORDS[bank].get(password, "")
