# status: 5
# says: the program crashed: FileNotFoundError: [Errno 2] No such file or directory: 'measurements.csv'
# says: (01_raises_before_training.py:9)
# says: run it yourself first
import csv


def load(path):
    with open(path) as file:
        return list(csv.reader(file))


rows = load("measurements.csv")
