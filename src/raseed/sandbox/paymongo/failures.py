"""Why a payment fails: every documented code, with a sentence of our own for each.

Cards: `sub_code` of the refused attach and `failed_code` of the payment,
https://docs.paymongo.com/docs/payment-acceptance-errors-card. Wallets:
https://developers.paymongo.com/docs/ewallet-errors. QR Ph: https://developers.paymongo.com/docs/qr-ph-errors.
Online banking ends as https://docs.paymongo.com/docs/payment-acceptance-testing says; its codes are our
choice where the page names none.
"""

from __future__ import annotations

CARD = {
    # declined
    "generic_decline": "The card was declined.",
    "do_not_honor": "The card was declined by its issuer without a reason.",
    "payment_refused": "The card was declined without a reason.",
    "insufficient_funds": "The card has insufficient funds.",
    "debit_card_usage_limit_exceeded": "The debit card was used too often or for too much.",
    "issuer_declined": "The card's issuer declined the payment.",
    "issuer_not_available": "The card's issuer could not be reached.",
    "amount_allowed_exceeded": "The amount is above what the card allows.",
    "call_card_issuer": "The payer must contact the card's issuer.",
    "card_not_supported": "The card does not support this kind of purchase.",
    "card_type_mismatch": "The card's type does not fit its number.",
    "card_unauthorized": "The card is inactive or not meant for online payments.",
    "credit_limit_exceeded": "The card has reached its credit limit.",
    "currency_not_supported_by_card_issuer": "The card does not support the currency.",
    # blocked
    "fraudulent": "The payment is suspected to be fraudulent.",
    "highest_risk_level": "The payment has the highest level of risk.",
    "lost_card": "The card was reported lost.",
    "pickup_card": "The card was reported lost or stolen.",
    "processor_blocked": "The processor blocked the payment.",
    "restricted_card": "The card is restricted.",
    "stolen_card": "The card was reported stolen.",
    "blocked": "The payment was blocked.",
    # the processor
    "avs_failed": "The billing address could not be verified.",
    "card_not_accepted": "The processor does not accept this card.",
    "config_invalid_or_missing": "The merchant's configuration is invalid or missing.",
    "customer_blacklisted": "The payer is on the processor's list of refused customers.",
    "merchant_configuration_invalid": "The merchant's configuration at the processor is invalid.",
    "processing_error": "The card could not be processed.",
    "processor_declined": "The processor declined the payment.",
    "processor_timeout": "The processor did not answer in time.",
    "system_error": "The processor's system failed.",
    "acquirer_declined": "The acquiring bank declined the payment.",
    "authentication_error": "The payer could not be authenticated.",
    "processor_unavailable": "The processor is unavailable.",
    # unknown
    "server_timeout": "The server did not answer in time.",
    "service_timeout": "A service did not finish in time.",
    "unknown_error": "The payment failed for an unknown reason.",
    # details
    "card_expired": "The card has expired.",
    "card_number_invalid": "The card number is invalid.",
    "cvc_invalid": "The card's security code is invalid.",
    "cvc_incorrect": "The card's security code is incorrect.",
}
GCASH = {
    "CLOSED": "The checkout was closed or expired before the payer agreed.",
    "AMOUNT_EXCEED_LIMIT": "The amount is above what the wallet takes in one payment.",
    "PARAM_MISSING": "The wallet missed a parameter.",
    "REPEAT_REQ_INCONSISTENT": "The wallet met the same request with other parameters.",
    "SYSTEM_ERROR": "The wallet's system failed.",
}
MAYA = {
    "generic_decline": "The payment was declined.",
    "unknown_error": "The payment could not be completed.",
}
QRPH = {
    "RJCT": "The bank rejected the payment.",
    "unknown_processing_error": "The payment could not be processed.",
}
BANK = {
    "EXPIRED": "The bank's page was open for too long.",
    "DENIED": "The bank denied the payment.",
    "CANCELLED": "The payer closed the bank's page.",
}
TEXTS = {**BANK, **QRPH, **GCASH, **CARD}
#: What a payer's plain "Fail" means for each method; wallet windows also end as CLOSED.
PLAIN = {"card": "authentication_error", "gcash": "CLOSED", "qrph": "RJCT"}


def text(code: str) -> str:
    """The `failed_message` for a code."""
    return TEXTS.get(code, "The payment failed.")


def plain(method: str) -> str:
    """The code for a payer who declines."""
    return "DENIED" if is_bank(method) else PLAIN.get(method, "generic_decline")


def expired(method: str) -> str:
    """The code for a payer who took too long."""
    return "EXPIRED" if is_bank(method) else "CLOSED"


def is_bank(method: str) -> bool:
    """Whether a method is online banking."""
    return method.startswith(("dob", "brankas"))
