"""The tables. Reading is free to all; only `flows` write."""

from raseed.payments.models.charge import Charge
from raseed.payments.models.delivery import (
    Delivery,
    DeliveryRef,
    DeliveryState,
    RejectedDelivery,
    RejectedMinute,
)
from raseed.payments.models.dispute import Dispute, DisputeState
from raseed.payments.models.fact import PaymentFact, Ruling
from raseed.payments.models.fulfilment import Fulfilment, FulfilmentState, Revocation
from raseed.payments.models.heartbeat import Heartbeat
from raseed.payments.models.ledger import Posting
from raseed.payments.models.memory import AccountToken, MemoryStep
from raseed.payments.models.notice import Notice, NoticeKind, NoticeState
from raseed.payments.models.overview import Overview
from raseed.payments.models.payment import GatewayId, Payment
from raseed.payments.models.refund import Refund
from raseed.payments.models.reservation import Reservation, ReservationState
from raseed.payments.models.saved_card import SavedCard
from raseed.payments.models.staff_action import Act, StaffAction
from raseed.payments.models.wallet import Wallet

__all__ = [
    "AccountToken",
    "Act",
    "Charge",
    "Delivery",
    "DeliveryRef",
    "DeliveryState",
    "Dispute",
    "DisputeState",
    "Fulfilment",
    "FulfilmentState",
    "GatewayId",
    "Heartbeat",
    "MemoryStep",
    "Notice",
    "NoticeKind",
    "NoticeState",
    "Overview",
    "Payment",
    "PaymentFact",
    "Posting",
    "Refund",
    "RejectedDelivery",
    "RejectedMinute",
    "Reservation",
    "ReservationState",
    "Revocation",
    "Ruling",
    "SavedCard",
    "StaffAction",
    "Wallet",
]
