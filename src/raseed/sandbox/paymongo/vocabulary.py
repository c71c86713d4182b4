"""Words that several parts share: payment methods, and what an account may be allowed to do."""

from __future__ import annotations

#: Values met in requests.
METHODS = (
    "card", "gcash", "paymaya", "grab_pay", "shopee_pay", "billease", "dob", "dob_ubp", "brankas",
    "brankas_bdo", "brankas_landbank", "brankas_metrobank", "qrph", "atome",
)  # fmt: skip
#: What a payer sees for each.
NAMES = {
    "card": "Card",
    "gcash": "GCash",
    "paymaya": "Maya",
    "grab_pay": "GrabPay",
    "shopee_pay": "ShopeePay",
    "billease": "BillEase",
    "dob": "Online banking (BPI)",
    "dob_ubp": "Online banking (UnionBank)",
    "brankas": "Online banking (Brankas)",
    "brankas_bdo": "BDO",
    "brankas_landbank": "Landbank",
    "brankas_metrobank": "Metrobank",
    "qrph": "QR Ph",
    "atome": "Atome",
}
#: What needs the support team's consent on a real account.
FEATURES = ("manual_capture", "card_vaulting", "usd")
