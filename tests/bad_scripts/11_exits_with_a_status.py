# status: 5
# says: sys.exit(3)
# says: (11_exits_with_a_status.py:6)
import sys

sys.exit(3)
