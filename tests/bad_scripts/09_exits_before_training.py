# status: 5
# says: no training was seen
import sys

sys.exit(0)
print("never reached")
