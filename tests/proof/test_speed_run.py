"""The measurement itself, once and very short, on real processes: what it counts must be what happened."""

import os

import pytest
from bench.speed import contestants, purchases, roundtrips, site
from bench.speed.deliveries import COPY, NEW
from bench.speed.load import LoadFailed
from bench.speed.orders import Signer
from bench.speed.run import SECRET
from bench.speed.wire import Count

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


#: By whose view took them, of the payments made since: how many deliveries, and for how many payments.
DELIVERIES = """
SELECT split_part(path, '/', 2) AS whose, count(*), count(DISTINCT payment_id)
FROM raseed_delivery WHERE payment_id > %s GROUP BY whose ORDER BY whose
"""
#: How all these payments stand alike: state, first channel, known ids; and how many there are.
STANDING = """
SELECT state, first_channel, known, count(*) FROM (
    SELECT state, first_channel,
        (SELECT count(*) FROM raseed_gatewayid WHERE payment_id = payment.id) AS known
    FROM raseed_payment AS payment
    WHERE id > %s AND EXISTS (
        SELECT 1 FROM raseed_paymentfact WHERE payment_id = payment.id AND kind = 'opened'
    )
) AS standing GROUP BY state, first_channel, known
"""


def silent(_words):
    pass


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    directory, url = tmp_path_factory.mktemp("speed"), os.environ["RASEED_TEST_DATABASE"]
    try:
        with site.running(directory, url, workers=1, threads=2) as both:
            yield both
    except site.NotDurable as refused:  # where tests run on a database that may forget, nothing is measured
        pytest.skip(str(refused))


def test_a_purchase_is_bought_paid_and_given_once_by_each_seller(running, monkeypatch):
    measured, server = running
    before = measured.one(b"SELECT coalesce(max(id), 0) FROM raseed_payment")
    # psycopg prepares a statement when it comes for the sixth time.
    monkeypatch.setattr(purchases, "WARMING", 6)
    monkeypatch.setattr(purchases, "COUNTED", 2)
    turns = purchases.measure(measured, server, SECRET, turns=1, purchases=2, say=silent)
    assert {name: len(slices[0].latencies) for name, slices in turns.slices.items()} == {
        "raseed": 2,
        "by hand": 2,
        "raseed, two events": 2,
    }
    (bar,) = purchases.bars(turns)
    assert bar.measured == purchases.rate_ratio(turns, purchases.BY_HAND) > 0
    # Three by bench/speed/shop/by_hand.py, and the floor's eleven.
    assert turns.counts["by hand"] == Count(14, 14)
    assert turns.counts["raseed"].round_trips < turns.counts["raseed, two events"].round_trips
    # Of each seller: one to warm up, two measured, eight counted; the last one's bring two deliveries each.
    assert measured.database.execute(DELIVERIES, [before]).fetchall() == [
        ("floor", 11, 11),
        ("raseed", 33, 22),
    ]
    assert measured.database.execute(STANDING, [before]).fetchall() == [("paid", "webhook", 2, 33)]


def test_a_purchase_that_is_not_given_ends_the_run(running, monkeypatch):
    measured, server = running
    deaf = purchases.Seller("deaf", "/raseed/buy/", "/nowhere/", (purchases.PAID,))
    monkeypatch.setattr(purchases, "SELLERS", (deaf,))
    monkeypatch.setattr("bench.speed.buyers.SILENCE_SECONDS", 3.0)
    with pytest.raises(LoadFailed, match=r"/raseed/buy/: order .* was paid and not given"):
        purchases.measure(measured, server, SECRET, turns=1, purchases=1, say=silent)


def test_what_a_delivery_says_to_the_database_is_counted_on_the_wire(running):
    measured, server = running
    each = [
        contestants.OwnView(name, f"/{name}/webhook/", measured, server, Signer(SECRET))
        for name in ("raseed", "floor")
    ]
    counts = roundtrips.measure(each, measured.database, silent)
    # tests/payments/test_hot_path.py lists Raseed's statements; shop/floor.py shows the floor's.
    assert counts == {
        "raseed": {NEW: Count(7, 7), COPY: Count(3, 3)},
        "floor": {NEW: Count(11, 11), COPY: Count(4, 4)},
    }
