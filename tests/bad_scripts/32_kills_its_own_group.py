# status: 5
# says: the program died of signal 9 (SIGKILL)
import os

os.killpg(0, 9)
