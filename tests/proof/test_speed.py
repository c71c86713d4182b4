"""The pure parts of the measurement: what is wrong here would make every figure wrong."""

import hashlib
import hmac
import json
import os
import socket
import threading

import pytest
from bench.speed import comparison, processors, purchases, report
from bench.speed.deliveries import COPY, NEW, Case, Turns
from bench.speed.figures import Slice, figure, paired_ratio, percentile
from bench.speed.load import LoadFailed, drive, is_whole, request
from bench.speed.orders import Signer
from bench.speed.wire import Count


class TestFigures:
    def test_a_percentile_is_one_of_the_values(self):
        values = [float(n) for n in range(1, 101)]
        assert [percentile(values, share) for share in (0.0, 0.5, 0.99, 1.0)] == [1, 50, 99, 100]
        assert percentile([3.0], 0.99) == 3

    @pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 1.1)])
    def test_of_nothing_there_is_none(self, values, share):
        with pytest.raises(ValueError, match=r"nothing|share"):
            percentile(values, share)

    def test_one_slow_turn_does_not_move_the_median(self):
        slices = [Slice(rate, [0.01, 0.03], 0.5, 0.25) for rate in (100, 10, 110)]
        known = figure(slices)
        assert (known.rate, known.p50_ms, known.p99_ms) == (100, 10, 30)
        assert (known.server_ms, known.database_ms, known.deliveries) == (250, 125, 6)

    def test_ratios_pair_turns_that_followed_each_other(self):
        """The machine was ten times slower in the second turn, for both."""
        assert paired_ratio([200, 20, 210], [100, 10, 100]) == 2

    @pytest.mark.parametrize("theirs", [[], [1.0, 2.0], [0.0]])
    def test_turns_without_a_pair_have_no_ratio(self, theirs):
        with pytest.raises(ValueError, match=r"pairs|nothing"):
            paired_ratio([1.0], theirs)


class TestBars:
    def turns(self, **rates):
        turns = Turns()
        for name, rate in rates.items():
            for case in (Case(NEW, 8), Case(COPY, 8)):
                turns.slices[case][name.replace("_", "-")] = [Slice(rate, [1 / rate])] * 3
        return turns

    def test_each_is_judged_by_its_own_contestant(self):
        turns = self.turns(raseed=80, floor=100, django_payments=39, dj_stripe=8.1)
        verdicts = {bar.name: bar.is_met for bar in comparison.bars(turns)}
        assert verdicts == {
            "new deliveries at 8 connections, ÷ django-payments": True,
            "new deliveries at 8 connections, ÷ dj-stripe": False,
            "new deliveries at 8 connections, ÷ floor": True,
            "copies at 8 connections, ÷ floor": True,
            "p99 of new deliveries, ÷ floor": True,
        }

    def test_who_did_not_take_part_is_not_judged(self):
        assert comparison.bars(self.turns(raseed=80)) == []

    def test_purchases_are_judged_against_those_made_by_hand(self):
        turns = purchases.Turns()
        for name, rate in zip(turns.slices, (60, 100, 30), strict=True):
            turns.slices[name] += [Slice(rate, [1 / rate])] * 3
            turns.sandbox_seconds[name] += [0.004, 0.005, 0.009]
            turns.counts[name] = Count(20, 21)
        (bar,) = purchases.bars(turns)
        assert (bar.measured, bar.is_met) == (0.6, False)
        (table,) = report.document({}, [purchases.sheet(turns)], [bar])["tables"].values()
        assert [row["raseed ÷ it"] for row in table] == ["1.00", "0.60", "2.00"]
        assert {row["sandbox ms"] for row in table} == {"5.0"}

    def test_at_most_is_the_other_way_round(self):
        assert not report.Bar("p99", 1.6, 1.5, at_most=True).is_met
        assert report.Bar("rate", 1.6, 1.5).is_met

    def test_the_tables_say_the_same(self):
        turns = self.turns(raseed=50, floor=100)
        said = {NEW: Count(8, 8.25), COPY: Count(3, 3)}
        sheet = comparison.sheet(turns, {"raseed": said, "floor": said})
        text = report.markdown(sheet)
        assert "| new, 8 connections | floor | 100 | 0.50 |" in text
        assert text.count("| 8 | 8.2 |") == text.count("| 3 | 3 |") == 2
        told = report.document({}, [sheet], comparison.bars(turns))
        assert told["tables"][sheet.title][1]["raseed ÷ it"] == "0.50"
        assert [bar["met"] for bar in told["bars"]] == [False, False, False]


class TestLoad:
    def test_a_delivery_is_signed_as_paymongo_signs(self):
        head, _, body = Signer("secret").delivery("/hook/", "a-1").partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        moment, signature, live = (part.split("=")[1] for part in fields["Paymongo-Signature"].split(","))
        message = f"{moment}.".encode() + body
        assert signature == hmac.new(b"secret", message, hashlib.sha256).hexdigest()
        assert (live, int(fields["Content-Length"])) == ("", len(body))
        assert (
            json.loads(body)["data"]["attributes"]["data"]["attributes"]["metadata"]["reference"]
            == "bench-a-1"
        )

    def test_each_request_is_sent_once(self):
        requests = [request("/", str(number).encode(), {}) for number in range(20)]
        with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as (port, seen):
            sample = drive(port, requests, 3)
        assert sorted(seen, key=int) == [str(number).encode() for number in range(20)]
        assert (len(sample.latencies), dict(sample.statuses)) == (20, {200: 20})

    def test_an_error_is_counted_as_what_it_is(self):
        with answering(b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n") as (port, _):
            assert drive(port, [request("/", b"{}", {})], 1).statuses == {500: 1}

    def test_nobody_listens(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with pytest.raises(LoadFailed, match="nothing listens"):
            drive(port, [b"GET / HTTP/1.1\r\n\r\n"], 1)

    def test_where_an_answer_ends(self):
        assert not is_whole(b"HTTP/1.1 200 OK\r\nContent-Le")
        assert not is_whole(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{}")
        assert is_whole(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
        with pytest.raises(LoadFailed, match="no length"):
            is_whole(b"HTTP/1.1 200 OK\r\n\r\n{}")


class answering:  # noqa: N801 used as a function
    """A server that reads requests with a short body and always answers the same."""

    def __init__(self, answer):
        self.answer, self.seen = answer, []

    def __enter__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.accept, daemon=True).start()
        return self.listening.getsockname()[1], self.seen

    def __exit__(self, *what):
        self.listening.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client:
            while data := client.recv(65536):
                self.seen.append(data.partition(b"\r\n\r\n")[2])
                client.sendall(self.answer)


class TestProcessors:
    def test_a_name_with_spaces_and_brackets_is_no_matter(self):
        ticks = os.sysconf("SC_CLK_TCK")
        stat = f"12 (a b) c) S 1 1 1 0 -1 4194304 9 0 0 0 {3 * ticks} {ticks} 0 0 20"
        assert processors.seconds_of(stat) == 4

    def test_it_sees_what_this_process_uses(self):
        before = processors.used([os.getpid()])
        assert before > 0
        assert os.getpid() in processors.family(os.getpid())

    def test_one_that_has_ended_counts_nothing(self):
        assert processors.used([2**22 - 1]) == 0
