"""Rule 1: money is integer minor units with its currency, and nothing ever rounds it."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from raseed.core.errors import MoneyError, RaseedError
from raseed.core.money import LARGEST_MINOR, Money, exponent


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("2.00", "PHP", 200),
        ("2", "PHP", 200),
        ("2.5", "PHP", 250),
        (2, "PHP", 200),
        (Decimal("2.000"), "PHP", 200),
        (Decimal("1E+2"), "PHP", 10_000),
        ("200", "JPY", 200),
        ("1.234", "KWD", 1234),
        ("0.001", "OMR", 1),
        ("10", "JOD", 10_000),
        ("-1.50", "INR", -150),
        ("0", "PHP", 0),
    ],
)
def test_amounts_as_people_write_them(amount, currency, minor):
    assert Money.of(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("2.001", "PHP"),
        ("2.5", "JPY"),
        ("1.2345", "KWD"),
        (Decimal("0.005"), "PHP"),
        ("1.0000000000000000000000000000001", "PHP"),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused(amount, currency):
    with pytest.raises(MoneyError):
        Money.of(amount, currency)


@pytest.mark.parametrize("amount", [2.0, 0.1, True, None, b"2.00", 2 + 0j])
def test_only_text_int_and_decimal_make_money(amount):
    with pytest.raises(MoneyError, match="never a float"):
        Money.of(amount, "PHP")


@pytest.mark.parametrize(
    "amount",
    ["", "two", "1e2", "1E2", "1_000", "1,000.00", " 2.00", "2.00\n", "2.", ".5", "+2", "0x10", "٢", "NaN"],
)
def test_text_that_is_not_plain_digits_is_refused(amount):
    with pytest.raises(MoneyError, match="is not an amount"):
        Money.of(amount, "PHP")


@pytest.mark.parametrize(
    "amount", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")]
)
def test_amounts_that_are_not_finite_are_refused(amount):
    with pytest.raises(MoneyError, match="not a finite amount"):
        Money.of(amount, "PHP")


@pytest.mark.parametrize(
    "amount",
    [10**5000, "9" * 5000, Decimal("1E+999999"), Decimal("1E-999999"), LARGEST_MINOR],
    ids=["huge int", "long text", "large exponent", "small exponent", "one column's worth of pesos"],
)
def test_amounts_that_no_column_holds_are_refused_with_a_money_error(amount):
    with pytest.raises(MoneyError):
        Money.of(amount, "PHP")


@pytest.mark.parametrize("minor", [2.0, True, "200", None, Decimal(200)])
def test_minor_units_are_a_plain_int(minor):
    with pytest.raises(MoneyError, match="minor units must be an int"):
        Money(minor, "PHP")


def test_minor_units_fit_a_64_bit_column():
    assert Money(LARGEST_MINOR, "PHP").minor == 2**63 - 1
    assert Money(-LARGEST_MINOR, "PHP").minor == -(2**63 - 1)
    for minor in (LARGEST_MINOR + 1, -LARGEST_MINOR - 1, 10**5000):
        with pytest.raises(MoneyError, match="64-bit"):
            Money(minor, "PHP")


@pytest.mark.parametrize("currency", ["php", "PH", "", "PESO", "Philippine Peso", "608", "ZZZ", " PHP"])
def test_currencies_are_iso_4217_codes_in_capitals(currency):
    with pytest.raises(MoneyError, match="ISO 4217"):
        Money(1, currency)


@pytest.mark.parametrize("currency", [None, 608, ["PHP"], b"PHP"])
def test_a_currency_is_text(currency):
    for make in (lambda: Money(1, currency), lambda: Money.of("1", currency), lambda: exponent(currency)):
        with pytest.raises(MoneyError, match="currency must be a text"):
            make()


@pytest.mark.parametrize("currency", ["XAU", "XXX", "XTS"])
def test_currencies_without_a_minor_unit_are_refused(currency):
    with pytest.raises(MoneyError, match="no minor unit"):
        Money(1, currency)


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("PHP", 2), ("JPY", 0), ("KWD", 3), ("OMR", 3), ("JOD", 3), ("ISK", 0), ("HUF", 2), ("CLF", 4)],
)
def test_the_decimals_are_those_of_iso_4217(currency, decimals):
    assert exponent(currency) == decimals


def test_the_amount_carries_the_decimals_of_its_currency():
    assert str(Money(200, "PHP").amount) == "2.00"
    assert str(Money(5, "KWD").amount) == "0.005"
    assert str(Money(-1250, "JPY").amount) == "-1250"


def test_money_reads_well():
    assert str(Money(125_000_000, "PHP")) == "PHP 1,250,000.00"
    assert str(Money(-5, "JPY")) == "JPY -5"


def test_a_short_decimal_context_changes_no_amount():
    """A site may have set a small precision for its own sums; money must not be rounded to it."""
    with localcontext(prec=4):
        assert Money.of("1234567.89", "PHP").minor == 123_456_789
        assert Money(123_456_789, "PHP").amount == Decimal("1234567.89")
        assert str(Money(123_456_789, "PHP")) == "PHP 1,234,567.89"


def test_money_adds_subtracts_and_compares_within_one_currency():
    one, two = Money(100, "PHP"), Money(200, "PHP")
    assert one + one == two
    assert two - one == one
    assert one - two == Money(-100, "PHP")
    assert one < two
    assert one <= two
    assert two >= Money(200, "PHP")
    assert two > one
    assert not one < Money(100, "PHP")
    assert not two <= one
    assert max(one, two) == two


@pytest.mark.parametrize(
    "operation",
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
    ],
)
def test_different_currencies_never_add_or_compare(operation):
    with pytest.raises(MoneyError, match="different currencies"):
        operation(Money(100, "PHP"), Money(100, "INR"))


def test_the_same_number_of_another_currency_is_not_equal():
    assert Money(100, "PHP") != Money(100, "INR")
    assert len({Money(100, "PHP"), Money(100, "PHP"), Money(100, "INR")}) == 2


def test_a_sum_that_fits_no_column_is_refused():
    with pytest.raises(MoneyError):
        Money(LARGEST_MINOR, "PHP") + Money(1, "PHP")


def test_money_is_frozen():
    with pytest.raises(AttributeError):
        Money(100, "PHP").minor = 1


def test_a_money_error_is_ours_and_a_value_error():
    """Forms and parsers that catch ValueError catch it, and so does whoever catches all of ours."""
    assert issubclass(MoneyError, RaseedError)
    assert issubclass(MoneyError, ValueError)


@given(st.integers(-LARGEST_MINOR, LARGEST_MINOR), st.sampled_from(["PHP", "JPY", "KWD", "CLF"]))
def test_the_written_amount_gives_the_same_money_back(minor, currency):
    money = Money(minor, currency)
    assert Money.of(money.amount, currency) == money
    assert Money.of(f"{money.amount:f}", currency) == money
