"""The three addresses under which the wallet service answers, kept apart so that no code can confuse them.

A wallet address is `<base>/alice`; the authorization server is `<base>/auth`, the resource server
`<base>/op`, each with the tenant's id behind it where there is one. Consent pages are `<base>/consent`.
"""

from __future__ import annotations

from dataclasses import dataclass

#: No wallet can be called so.
RESERVED = ("auth", "op", "consent", "client")


@dataclass(frozen=True)
class Addresses:
    """Builds every address from how the caller addresses the sandbox."""

    base_url: str
    tenant: str = ""

    @property
    def auth_server(self) -> str:
        """The grant endpoint, as wallet documents name it."""
        return f"{self.base_url}/auth" + (f"/{self.tenant}" if self.tenant else "")

    @property
    def resource_server(self) -> str:
        return f"{self.base_url}/op" + (f"/{self.tenant}" if self.tenant else "")

    def wallet(self, name: str) -> str:
        return f"{self.base_url}/{name}"

    def wallet_name(self, url: object) -> str:
        """The wallet that an address means, with or without a slash; "" where it is none of ours."""
        if not isinstance(url, str):
            return ""
        root, _, name = url.removesuffix("/").rpartition("/")
        return name if root == self.base_url else ""

    def resource(self, collection: str, resource_id: str) -> str:
        """`collection`: incoming-payments | quotes | outgoing-payments."""
        return f"{self.resource_server}/{collection}/{resource_id}"

    def resource_id(self, collection: str, url: object) -> str:
        """The id in a resource's address; "" where it is none of ours."""
        prefix = f"{self.resource_server}/{collection}/"
        return url.removeprefix(prefix) if isinstance(url, str) and url.startswith(prefix) else ""

    def continuation(self, grant_id: str) -> str:
        return f"{self.base_url}/auth/continue/{grant_id}"

    def management(self, token_id: str) -> str:
        return f"{self.base_url}/auth/token/{token_id}"

    def interaction(self, interact_id: str, nonce: str) -> str:
        return f"{self.base_url}/auth/interact/{interact_id}/{nonce}"
