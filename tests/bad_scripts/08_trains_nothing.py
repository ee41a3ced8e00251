# status: 5
# says: the program ran to its end, but no training was seen
# says: netmend watches Keras 3 (fit, train_on_batch) and PyTorch loops (backward, optimizer.step)
print("hello")
