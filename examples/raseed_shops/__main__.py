"""`python -m raseed_shops migrate`: the management commands of the example shops."""

import os
import sys

from django.core.management import execute_from_command_line


def main() -> None:
    """Run the management command named on the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "raseed_shops.settings")
    execute_from_command_line([sys.argv[0] or "raseed_shops", *sys.argv[1:]])


if __name__ == "__main__":
    main()
