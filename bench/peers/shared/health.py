"""Whether the site is up."""

from django.http import HttpResponse


def health(request):
    """200, without touching the database."""
    return HttpResponse("up")
