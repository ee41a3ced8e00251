# status: 5
# says: the program printed more than 50 MiB
# says: let it print and write less
while True:
    print("loss 0.1234 " * 1000)
