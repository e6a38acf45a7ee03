"""Puts the last lines of learning curves into a table, as CSV on standard output."""

import csv
import json
import sys


def main() -> None:
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(["model", "test loss", "test accuracy"])
    for path in sys.argv[1:]:
        with open(path) as curve:
            last = json.loads(curve.readlines()[-1])
        # runs/rate=0.3,seed=1/curve.jsonl
        table.writerow([path.split("/")[-2], last["loss"], last["accuracy"]])


if __name__ == "__main__":
    main()
