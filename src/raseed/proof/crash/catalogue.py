"""All journeys. Loaded after Django is set up."""

from __future__ import annotations

from raseed.proof.crash.journeys import deposits, elsewhere, sales
from raseed.proof.crash.journeys.base import Journey

JOURNEYS: list[Journey] = [*sales.JOURNEYS, *deposits.JOURNEYS, *elsewhere.JOURNEYS]
