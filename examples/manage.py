"""Management commands of the example shops, from a checkout. Installed: `python -m raseed_shops`."""

from raseed_shops.__main__ import main

if __name__ == "__main__":
    main()
