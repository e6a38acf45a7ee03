"""The data and the model: what train.py is made of."""

import csv
import math
import random
from typing import List, NamedTuple, Tuple


class Point(NamedTuple):
    x: float
    y: float
    label: int


def read_points(path: str) -> Tuple[List[Point], List[Point]]:
    """Reads the points; every fourth is kept for testing."""
    with open(path, newline="") as file:
        points = [
            Point(float(row["x"]), float(row["y"]), int(row["label"]))
            for row in csv.DictReader(file)
        ]
    return [p for i, p in enumerate(points) if i % 4], points[::4]


def features(point: Point) -> List[float]:
    """The monomials up to degree 3: a line in their space is a curve in the plane."""
    x, y = point.x - 0.5, point.y - 0.25
    return [x**i * y**j for i in range(4) for j in range(4 - i)]


class Classifier:
    """Logistic regression on features of a point, trained one point at a time."""

    def __init__(self, rng: random.Random) -> None:
        self.weights = [rng.gauss(0, 0.5) for _ in range(10)]

    def probability(self, point: Point) -> float:
        """The probability that the label is 1."""
        score = sum(w * f for w, f in zip(self.weights, features(point)))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))

    def learn(self, point: Point, rate: float) -> None:
        """One step of gradient descent on the cross entropy."""
        error = self.probability(point) - point.label
        self.weights = [w - rate * error * f for w, f in zip(self.weights, features(point))]

    def test(self, points: List[Point]) -> Tuple[float, float]:
        """Mean cross entropy and share of right answers."""
        loss = right = 0.0
        for point in points:
            p = self.probability(point)
            loss -= math.log(max(p if point.label else 1 - p, 1e-12))
            right += (p > 0.5) == bool(point.label)
        return loss / len(points), right / len(points)
