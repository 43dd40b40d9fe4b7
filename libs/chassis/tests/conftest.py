import sys
from pathlib import Path

# The tests' own little service has migrations, which are found by the name of their package.
sys.path.insert(0, str(Path(__file__).parent))
