# status: 5
# says: the program died of signal 11 (SIGSEGV)
import ctypes

ctypes.string_at(0)
