"""A gateway without a network that takes what the shops' account takes."""

from dataclasses import replace

from raseed.testing import FakeGateway


class FakePayMongo(FakeGateway):
    """The fake gateway under PayMongo's method names, with a minimum like the demo's."""

    capabilities = replace(FakeGateway.capabilities, methods=frozenset({"gcash"}), minimum={("", "PHP"): 100})
