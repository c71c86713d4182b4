"""The shops of the tour, by name. Importing this loads no Django."""

from __future__ import annotations

#: name → dotted path of a class that implements `shops.base.Shop` and takes the stage.
SHOPS = {
    "errands": "raseed.proof.tour.shops.errands.Errands",
    "clinic": "raseed.proof.tour.shops.clinic.Clinic",
    "marketplace": "raseed.proof.tour.shops.marketplace.Marketplace",
    "puja": "raseed.proof.tour.shops.puja.Temple",
    "services": "raseed.proof.tour.shops.home_services.HomeServices",
}
#: Shops that play only the situations that name them: their gateways send no webhooks and refund nothing.
APART = frozenset({"marketplace"})
