"""What every site's hook calls first: if the driver asked for it, the process dies, as in a power cut."""

import os
import signal
from pathlib import Path


def power_cut_if_asked() -> None:
    """Once for each file that the driver puts there, and never by itself."""
    asked = Path(os.environ["PEER_POWER_CUT"])
    try:
        asked.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
