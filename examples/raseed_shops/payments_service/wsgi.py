"""The payments service for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "raseed_shops.payments_service.settings")
application = get_wsgi_application()
