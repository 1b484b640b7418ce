"""The Python example and its own test, run as its reader would."""

import os
import subprocess
import sys

EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "python", "test_queue_sync.py")

sys.exit(subprocess.run([sys.executable, EXAMPLE], timeout=120, check=False).returncode)
