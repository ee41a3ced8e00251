# status: 5
# says: the following arguments are required: --data
# says: give the program its own arguments after --
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
args = parser.parse_args()
