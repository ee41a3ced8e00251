# status: 2
# options: --metric nonsense
# says: nonsense
# says: accuracy
print("never started")
