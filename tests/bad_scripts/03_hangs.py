# status: 5
# says: the program did not end within 5 s
# says: --timeout
import time

while True:
    time.sleep(1)
