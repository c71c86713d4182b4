"""What an intent asks of the customer next: go to an address, or scan a code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from raseed.core.errors import GatewayUnavailable
from raseed.gateways.members import text
from raseed.gateways.paymongo.members import moment
from raseed.gateways.paymongo.requests import url_of

#: A QR image of a few hundred modules is some 10 KB; what is far larger is no image of a code.
LARGEST_IMAGE = 512 * 1024


def redirect_of(action: Mapping[str, Any]) -> str | None:
    """Where the customer goes next, or None. Online banking, wallets and 3-D Secure all look alike."""
    inner = action.get("redirect")
    return url_of(inner, "url") if isinstance(inner, Mapping) else None


def code_of(action: Mapping[str, Any]) -> dict[str, str]:
    """The QR code to show: `qr_image`, `expires_at` (RFC 3339), in test mode `test_url`; empty if none.

    Where `test_url` stands is not documented; it is looked for beside the image and beside the code.
    Raises GatewayUnavailable for a code without an image.
    """
    code = action.get("code")
    if not isinstance(code, Mapping):
        return {}
    image = code.get("image_url")
    if not _is_image(image):
        raise GatewayUnavailable("PayMongo answered with a QR code that has no image; open another checkout.")
    shown = {"qr_image": str(image)}
    ends_at = moment(code.get("expires_at"))
    if ends_at is not None:
        shown["expires_at"] = ends_at.isoformat()
    test_url = text(code.get("test_url")) or text(action.get("test_url"))
    if test_url.startswith(("https://", "http://")):
        shown["test_url"] = test_url
    return shown


def _is_image(image: Any) -> bool:
    return (
        isinstance(image, str)
        and image.startswith(("data:image/", "https://", "http://"))
        and image.isprintable()
        and len(image) <= LARGEST_IMAGE
    )
