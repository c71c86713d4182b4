"""Payment intents: what is to be paid, and how far it got.

awaiting_payment_method -> awaiting_next_action -> (processing ->) succeeded, or back after a failed attempt;
with manual capture -> awaiting_capture -> succeeded | cancelled.
https://developers.paymongo.com/docs/statuses-messages-webhook-events
"""

from __future__ import annotations

from dataclasses import dataclass

from raseed.sandbox.paymongo import account, payments
from raseed.sandbox.paymongo.call import Call
from raseed.sandbox.paymongo.errors import not_found
from raseed.sandbox.paymongo.fields import Fields
from raseed.sandbox.paymongo.vocabulary import METHODS
from raseed.sandbox.paymongo.world import World, bare
from raseed.sandbox.store import Doc

CAPTURE_TYPES = ("automatic", "manual")
SECURE = ("any", "automatic")


@dataclass(frozen=True)
class Terms:
    """What an intent is made of. `session_id` names the checkout session it belongs to, if any."""

    amount: int
    currency: str
    methods: list[str]
    description: str | None = None
    statement_descriptor: str | None = None
    metadata: Doc | None = None
    capture_type: str = "automatic"
    options: Doc | None = None
    setup_future_usage: Doc | None = None
    session_id: str | None = None


def create(call: Call) -> Doc:
    world, fields = call.world, call.fields
    amount = fields.integer("amount", minimum=world.minimum("payment_intents"))
    currency = fields.choice("currency", ("PHP", "USD"))
    methods = fields.choices("payment_method_allowed", METHODS)
    capture = "automatic"
    if fields.given("capture_type"):
        capture = fields.choice("capture_type", CAPTURE_TYPES)
    if capture == "manual" and methods and set(methods) != {"card"}:
        detail = "payment_method_allowed should be card only when capture_type is manual."
        fields.wrong("parameter_invalid", "payment_method_allowed", detail)  # our choice
    terms = Terms(
        amount=amount,
        currency=currency,
        methods=methods,
        description=fields.text("description"),
        statement_descriptor=fields.text("statement_descriptor"),
        metadata=fields.metadata(),
        capture_type=capture,
        options=_options(fields),
        setup_future_usage=_future(world, fields),
    )
    fields.done()
    account.check(world, methods, capture=capture, currency=currency, vault=bool(terms.setup_future_usage))
    return view(world, make(world, terms))


def _options(fields: Fields) -> Doc:
    """`payment_method_options`, as far as documented, completed with the default that captures show."""
    card: Doc = {"request_three_d_secure": "any"}
    options = fields.nested("payment_method_options")
    given = options.nested("card") if options is not None else None
    if given is not None and given.given("request_three_d_secure"):
        card["request_three_d_secure"] = given.choice("request_three_d_secure", SECURE)
    instalments = given.nested("installments") if given is not None else None
    if instalments is not None:
        card["installments"] = {"enabled": instalments.flag("enabled", default=False)}
    return {"card": card}


def _future(world: World, fields: Fields) -> Doc | None:
    """`setup_future_usage`: only `on_session`, for a customer that exists."""
    given = fields.nested("setup_future_usage")
    if given is None:
        return None
    session_type = given.choice("session_type", ("on_session",))
    customer_id = given.text("customer_id", required=True) or ""
    if customer_id and customer_id not in world.table("customers") and not fields.problems:
        raise not_found("customer", customer_id)
    return {"session_type": session_type, "customer_id": customer_id}


def make(world: World, terms: Terms) -> Doc:
    """Keep an intent."""
    now = world.now()
    options = terms.options or {"card": {"request_three_d_secure": "any"}}
    attributes: Doc = {
        "amount": terms.amount,
        "capture_type": terms.capture_type,
        "client_key": "",
        "currency": terms.currency,
        "description": terms.description,
        "livemode": world.livemode,
        "original_amount": terms.amount,
        "statement_descriptor": terms.statement_descriptor or world.settings["business_name"],
        "status": "awaiting_payment_method",
        "last_payment_error": None,
        "payment_method_allowed": list(terms.methods),
        "payments": [],
        "next_action": None,
        "payment_method_options": options if "card" in terms.methods else None,
        "metadata": terms.metadata,
        "setup_future_usage": terms.setup_future_usage,
        "created_at": now,
        "updated_at": now,
    }
    private: Doc = {"session": terms.session_id, "attempt": None, "by_merchant": False, "payments": []}
    intent = world.add("intents", "pi", "payment_intent", attributes, **private)
    attributes["client_key"] = f"{intent['id']}_client_{world.sandbox.ids.text()}"
    return intent


def retrieve(call: Call) -> Doc:
    """With the secret key, or with a public key and the intent's own `client_key`."""
    return view(call.world, permitted(call, call.query.get("client_key")))


def permitted(call: Call, client_key: str | None) -> Doc:
    """The intent that this call may see. Raises ApiError (404)."""
    intent = find(call.world, call.id)
    if not call.is_secret and client_key != intent["attributes"]["client_key"]:
        raise not_found("payment intent", call.id)
    return intent


def find(world: World, intent_id: str) -> Doc:
    """The intent, or ApiError (404)."""
    if intent_id not in world.table("intents"):
        raise not_found("payment intent", intent_id)
    return world.table("intents")[intent_id]


def view(world: World, intent: Doc) -> Doc:
    """The intent as the API shows it, with its payments inside."""
    shown = bare(intent)
    shown["attributes"]["payments"] = [payments.view(world, p) for p in paid_through(world, intent)]
    return shown


def paid_through(world: World, intent: Doc) -> list[Doc]:
    """The payments, failed ones included, that were made through this intent; oldest first."""
    return [world.table("payments")[payment_id] for payment_id in intent["private"]["payments"]]


def is_open(intent: Doc) -> bool:
    """Whether a payer can still begin or finish an attempt."""
    return intent["attributes"]["status"] in ("awaiting_payment_method", "awaiting_next_action")
