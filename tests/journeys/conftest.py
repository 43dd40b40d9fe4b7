import sys
from pathlib import Path

pytest_plugins = ["chassis.testing"]

# Stand-ins are run as a program of their own too, and found by the name of their package.
sys.path.insert(0, str(Path(__file__).parent))
