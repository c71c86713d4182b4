"""The site's own views: the empty one shows what the load generator can do by itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.views.decorators.csrf import csrf_exempt

import raseed
from bench.speed.shop.models import Order


@csrf_exempt
def empty(request: HttpRequest) -> HttpResponse:
    """No work at all."""
    return JsonResponse({})


@csrf_exempt
def buy(_request: HttpRequest, order_id: int) -> HttpResponse:
    """Start paying for the order with Raseed, as a site writes it."""
    order = Order.objects.get(pk=order_id)
    checkout = raseed.start_payment(order, purpose="order", account="paymongo", method="checkout")
    return HttpResponseRedirect(checkout.url)
