"""The views a site mounts: webhook, return, status and published keys. They decide nothing; the flows do."""

from raseed.payments.views.publishing import jwks
from raseed.payments.views.receiving import webhook
from raseed.payments.views.returning import returned, take_return
from raseed.payments.views.showing import status

__all__ = ["jwks", "returned", "status", "take_return", "webhook"]
