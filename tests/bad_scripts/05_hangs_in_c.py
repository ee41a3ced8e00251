# status: 5
# says: the program did not end within 5 s
import re

re.match(r"(a+)+$", "a" * 60 + "b")
