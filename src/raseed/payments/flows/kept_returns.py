"""What browsers brought back and the gateway must still be shown: kept until the payment is decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from raseed.core.errors import ConfigurationError
from raseed.core.facts import Channel, Fact, FactKind, Weight
from raseed.payments import conf, encryption
from raseed.payments.models import Payment, PaymentFact


def agreements(payment: Payment) -> QuerySet[PaymentFact]:
    """Returns that say that the customer agreed. Each is a hint: the adapter checks what it carries."""
    return PaymentFact.objects.filter(
        payment=payment,
        channel=Channel.RETURN.value,
        kind=FactKind.CHARGEABLE.value,
        weight=Weight.HINT.value,
    )


def kept_agreements(payment: Payment) -> list[Fact]:
    """The same as facts for `Gateway.advance`, with their secrets, in the order in which they came."""
    return [
        Fact(
            FactKind.CHARGEABLE,
            Weight.HINT,
            gateway_ref=row.gateway_ref or None,
            detail=row.detail,
            raw={**row.raw, **(json.loads(encryption.decrypt(bytes(row.secret))) if row.secret else {})},
        )
        for row in agreements(payment).order_by("pk")
    ]


def secrets_in(fact: Fact, account: str) -> Mapping[str, Any]:
    """The members of a return's `raw` that are kept encrypted."""
    try:
        names = conf.current().gateway(account).capabilities.return_secrets
    except ConfigurationError:
        return {}
    return {name: fact.raw[name] for name in sorted(names) if name in fact.raw}


def sealed(secrets: Mapping[str, Any]) -> bytes | None:
    """The same as a row keeps them."""
    return encryption.encrypt(json.dumps(secrets, sort_keys=True).encode()) if secrets else None
