# status: 5
# options: --memory 0.5
# says: the program ran out of memory: used more than 512 MiB of memory
# says: give it more with --memory
import time

held = []
while True:
    held.append(bytearray(b"x") * (8 << 20))
    time.sleep(0.001)
