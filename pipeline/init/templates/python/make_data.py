"""Makes the data: points of two half moons that reach into one another, as CSV on standard output."""

import argparse
import math
import random


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, required=True)
    parser.add_argument("--noise", type=float, required=True)
    args = parser.parse_args()

    rng = random.Random(7)
    print("x,y,label")
    for index in range(args.points):
        label = index % 2
        angle = math.pi * rng.random()
        x = math.cos(angle) if label == 0 else 1 - math.cos(angle)
        y = math.sin(angle) if label == 0 else 0.5 - math.sin(angle)
        x += rng.gauss(0, args.noise)
        y += rng.gauss(0, args.noise)
        print(f"{x:.4f},{y:.4f},{label}")


if __name__ == "__main__":
    main()
