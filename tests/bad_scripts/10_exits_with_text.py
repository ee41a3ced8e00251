# status: 5
# says: sys.exit('no data found')
# says: (10_exits_with_text.py:6)
import sys

sys.exit("no data found")
