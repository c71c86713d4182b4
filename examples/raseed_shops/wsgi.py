"""The shops for a WSGI server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "raseed_shops.settings")
application = get_wsgi_application()
