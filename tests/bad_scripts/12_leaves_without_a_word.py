# status: 5
# says: the program gave no result: it ended with exit status 0 in the middle of the script
import os

os._exit(0)
