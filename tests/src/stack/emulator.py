"""Runs the emulator for as long as standard input stays open.

The process that starts it holds the other end: however that process ends, the emulator ends too, with the
functions that it started (they are in its process group) and its temporary files. Unless it was told to stay.
"""

import os
import shutil
import signal
import threading

from ministack.app import main


def stop_at_end_of_input():
    # Not sys.stdin: its lock breaks the interpreter's shutdown when another thread holds it.
    while said := os.read(0, 4096):
        if said == b"stay":
            return
    # Only the folder that was made for this run: started by hand, it would be everybody's.
    if temporary := os.environ.get("LEADYARD_TEMPORARY"):
        shutil.rmtree(temporary, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=stop_at_end_of_input, daemon=True).start()
main()
