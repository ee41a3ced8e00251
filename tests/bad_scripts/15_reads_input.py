# status: 5
# says: waits for input, and there is none (15_reads_input.py:4)
# says: given after --
epochs = int(input("How many epochs? "))
