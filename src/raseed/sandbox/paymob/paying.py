"""POST /api/acceptance/payments/pay: a saved card, a wallet, a kiosk or cash, without a page of ours.

The payment key is the authority. A saved card and cash are answered flat, with flags as text; a wallet and a
kiosk nested. https://docs.paymob.com/docs/pay-with-saved-token and recorded traffic.
"""

from __future__ import annotations

from raseed.sandbox.paymob import integrations, keys, returning, transactions, views
from raseed.sandbox.paymob.errors import detail, not_found
from raseed.sandbox.paymob.fields import Fields
from raseed.sandbox.paymob.pages import attempt, checkout
from raseed.sandbox.paymob.vocabulary import CARD_KINDS, OUTCOMES
from raseed.sandbox.paymob.world import World
from raseed.sandbox.store import Doc

#: what each subtype is paid through
KINDS = {"TOKEN": CARD_KINDS, "WALLET": ("wallet",), "AGGREGATOR": ("kiosk",), "CASH": ("cash",)}


def pay(world: World, fields: Fields, base_url: str) -> Doc:
    """Begin the attempt, and end it where nobody needs to be asked."""
    source = fields.part("source", required=True)
    subtype, identifier = source.text("subtype", required=True), source.text("identifier", required=True)
    if subtype not in KINDS:
        raise source.wrong("subtype", f'"{subtype}" is not a valid choice.')
    key = keys.usable(world, fields.text("payment_token", 8192, required=True))
    kind = _kind(world, key, subtype)
    if subtype == "TOKEN":
        return _with_card(world, key, identifier, source.text("outcome"))
    if subtype == "WALLET":
        return _with_wallet(world, source, key, identifier, base_url)
    more: Doc = {"bill": transactions.new_bill(world)} if kind == "kiosk" else {}
    more |= {"kind": kind, "source": transactions.source_of(kind), "by_call": True}
    row = transactions.begin(world, key, **more)
    return _nested(world, row) if kind == "kiosk" else _flat(world, row)


def _kind(world: World, key: Doc, subtype: str) -> str:
    """The kind of the key's integration, which must fit; one that is not listed fits anything."""
    number = key["claims"]["integration_id"]
    kind = integrations.kind_of(world, number)
    if kind in KINDS[subtype]:
        return kind
    if str(number) in world.settings["integrations"]:
        raise detail(400, f"Integration {number} does not take {subtype}.")
    return KINDS[subtype][0]


def _with_card(world: World, key: Doc, token: str, outcome: str) -> Doc:
    """Nobody types a code or is asked by the bank. `outcome` is a scenario's."""
    card = world.table("cards").get(token)
    if card is None:
        raise not_found()
    source = {"type": "card", "pan": card["card"][-4:], "sub_type": card["brand"]}
    row = transactions.begin(world, key, source=source, card=card["card"], by_call=True)
    if outcome == "pend":
        transactions.leave_at_bank(world, row)
    elif outcome in OUTCOMES:
        transactions.decline(world, row, outcome)
    else:
        transactions.approve(world, row)
    return _flat(world, row)


def _with_wallet(world: World, source: Fields, key: Doc, number: str, base_url: str) -> Doc:
    if not checkout.NUMBER.fullmatch(number):
        raise source.wrong("identifier", "Enter a valid phone number.")
    source_of_wallet = transactions.source_of("wallet", number)
    row = transactions.begin(world, key, kind="wallet", source=source_of_wallet, by_call=True)
    address = attempt.address(world, base_url, row)
    transactions.ask(world, row)
    return {**_nested(world, row), "redirect_url": address, "iframe_redirection_url": address}


def _nested(world: World, row: Doc) -> Doc:
    return views.transaction(world, row)


def _flat(world: World, row: Doc) -> Doc:
    obj = views.transaction(world, row)
    more = {
        "parent_transaction": "",
        "use_redirection": False,
        "redirection_url": returning.target(world, row),
        "merchant_response": "",
        "bypass_step_six": False,
    }
    return {**views.flat(obj, world.settings["hmac_secret"]), **more}
