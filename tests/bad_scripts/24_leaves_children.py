# status: 5
# says: no training was seen
import os
import time

for number in range(5):
    if os.fork() == 0:
        if number % 2:
            os.setsid()
        time.sleep(600)
        os._exit(0)
print("children started")
