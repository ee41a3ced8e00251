# status: 5
# arguments: --data "my data.csv" --goal 3
# says: the program crashed: ValueError: cannot open 'my data.csv' for goal 3 (14_gets_its_arguments.py:10)
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True)
parser.add_argument("--goal", type=int)
args = parser.parse_args()
raise ValueError(f"cannot open {args.data!r} for goal {args.goal}")
