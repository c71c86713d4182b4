"""The tables. Reading is free to all; only `flows` write."""

from raseed.payments.models.charge import Charge
from raseed.payments.models.delivery import (
    Delivery,
    DeliveryRef,
    DeliveryState,
    RejectedDelivery,
    RejectedMinute,
)
from raseed.payments.models.fact import PaymentFact, Ruling
from raseed.payments.models.fulfilment import Fulfilment, FulfilmentState, Revocation
from raseed.payments.models.ledger import Posting
from raseed.payments.models.memory import AccountToken, MemoryStep
from raseed.payments.models.payment import GatewayId, Payment
from raseed.payments.models.refund import Refund

__all__ = [
    "AccountToken",
    "Charge",
    "Delivery",
    "DeliveryRef",
    "DeliveryState",
    "Fulfilment",
    "FulfilmentState",
    "GatewayId",
    "MemoryStep",
    "Payment",
    "PaymentFact",
    "Posting",
    "Refund",
    "RejectedDelivery",
    "RejectedMinute",
    "Revocation",
    "Ruling",
]
