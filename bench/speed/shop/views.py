"""The views that are not compared: the empty one shows what the load generator can do by itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def empty(request: HttpRequest) -> HttpResponse:
    """No work at all."""
    return JsonResponse({})
