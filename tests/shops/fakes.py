"""Gateways without a network that take what the shops' accounts take."""

from dataclasses import replace

from raseed.testing import FakeGateway


class FakePayMongo(FakeGateway):
    """The fake gateway under PayMongo's method names, with a minimum like the demo's."""

    capabilities = replace(FakeGateway.capabilities, methods=frozenset({"gcash"}), minimum={("", "PHP"): 100})


class FakePhonePe(FakeGateway):
    """The same under PhonePe's."""

    capabilities = replace(
        FakeGateway.capabilities,
        methods=frozenset({"phonepe"}),
        currencies=frozenset({"INR"}),
        minimum={("", "INR"): 100},
    )


class FakePaymob(FakeGateway):
    """The same under Paymob's; it keeps cards."""

    capabilities = replace(
        FakeGateway.capabilities, methods=frozenset({"card", "kiosk"}), currencies=frozenset({"EGP"})
    )
