"""The example shops as they are, in the visitor's language: for right-to-left pages."""

from raseed_shops.settings import *  # noqa: F403 a settings module is its names
from raseed_shops.settings import MIDDLEWARE as _SHOPS

_after = _SHOPS.index("django.contrib.sessions.middleware.SessionMiddleware") + 1
MIDDLEWARE = [*_SHOPS[:_after], "django.middleware.locale.LocaleMiddleware", *_SHOPS[_after:]]
