"""Trains a classifier of points in the plane, and writes what it has learnt and how."""

import argparse
import json
import random

from moons import Classifier, read_points
from pipeline_events import metrics, summary, track


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="CSV with columns x, y and label")
    parser.add_argument("--rate", type=float, required=True, help="learning rate")
    parser.add_argument("--seed", type=int, required=True, help="of the first weights and the order")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--model", required=True, help="where the weights go, JSON")
    parser.add_argument("--curve", required=True, help="where loss and accuracy go, a JSON line an epoch")
    args = parser.parse_args()

    training, testing = read_points(args.data)
    rng = random.Random(args.seed)
    classifier = Classifier(rng)
    with open(args.curve, "w") as curve:
        for epoch in track(range(args.epochs + 1), unit="epoch"):
            if epoch > 0:
                rng.shuffle(training)
                for point in training:
                    classifier.learn(point, args.rate)
            loss, accuracy = classifier.test(testing)
            # Shown while it runs; what the plot needs is an output.
            metrics(step=epoch, loss=round(loss, 4), accuracy=accuracy)
            curve.write(json.dumps({"epoch": epoch, "loss": round(loss, 6), "accuracy": accuracy}) + "\n")
    with open(args.model, "w") as model:
        json.dump(classifier.weights, model)
    # What `pipeline compare` and the report have of this model.
    summary(test_loss=round(loss, 4), test_accuracy=accuracy)


if __name__ == "__main__":
    main()
