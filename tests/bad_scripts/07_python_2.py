# status: 2
# says: the program does not compile
# says: this looks like Python 2
print "epoch", 1
