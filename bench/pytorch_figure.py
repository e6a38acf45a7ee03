"""Trains and tests in PyTorch what a run of the pipeline has trained: bench/first-figure.ts.

It reads the configs that a run has written (experiments/<profile>/**/*.yaml) and its data
(data/<profile>/), trains each cell as its config says, and tests those that the run has tested at the
interpolation threshold, or at the end where it was never reached. One JSON line a cell, one about all, and exit code 0.
"""

import argparse
import copy
import json
import math
import multiprocessing
import pathlib
import sys
import time

started = time.perf_counter()

import numpy  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn.functional import cross_entropy  # noqa: E402

sys.dont_write_bytecode = True
import pytorch_models  # noqa: E402
from pytorch_step import read_out, train_step  # noqa: E402

# The longest first: what is left at the end of a run in several processes is short.
SLOWEST = ["InceptionSmall", "InceptionSmallWithoutBN", "WideResNet", "AlexNetSmall", "Net", "MLP3", "MLP1"]


def read_config(path):
    """A config as templates/experiment.yaml.njk writes it: a key and a plain value a line."""
    config = {}
    for line in path.read_text().split("\nstate:")[0].splitlines():
        if ":" in line and not line.startswith(("#", " ")):
            key, value = (part.strip() for part in line.split(":", 1))
            try:
                config[key] = json.loads(value)
            except json.JSONDecodeError:
                config[key] = value
    if config["crop"]:
        sys.exit(f"{path} trains on random crops, which this script does not")
    return config | {"name": path.stem}


class Images:
    """One set of a data folder, in memory, cut out centrally where it is larger than 28×28."""

    def __init__(self, folder, part, info, memory_format):
        images = torch.from_numpy(numpy.load(folder / f"{part}_images.npy"))
        margin = (images.shape[3] - pytorch_models.SIZE) // 2
        cut = slice(margin, margin + pytorch_models.SIZE)
        self.images = images[:, :, cut, cut].contiguous()
        self.labels = torch.from_numpy(numpy.load(folder / f"{part}_labels.npy")).long()
        # Bytes are 0 … 255, numbers already in units of pixel / 255.
        unit = 255 if self.images.dtype == torch.uint8 else 1
        self.mean = torch.tensor(info["mean"]).view(1, 3, 1, 1) * unit
        self.deviation = torch.tensor(info["deviation"]).view(1, 3, 1, 1) * unit
        self.memory_format = memory_format

    def __len__(self):
        return len(self.labels)

    def batch(self, indices):
        images = self.images.index_select(0, indices)
        images = images.to(torch.float32, memory_format=self.memory_format)
        return images.sub_(self.mean).div_(self.deviation), self.labels.index_select(0, indices)


def initialise(model, init):
    """PyTorch's own values, or those of He et al.: normal, variance 2/fan_in, biases zero."""
    if init == "pytorch":
        return
    for module in model.modules():
        if isinstance(module, (nn.Linear, nn.Conv2d)):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)


@torch.inference_mode()
def test(model, images, batch_size):
    model.eval()
    correct = 0
    for indices in torch.arange(len(images)).split(batch_size):
        batch, labels = images.batch(indices)
        logits = model(batch)
        correct += read_out(cross_entropy(logits, labels), logits, labels)[1]
    model.train()
    return correct / len(images)


def learning_rate_factor(config, steps_per_epoch, epochs_done):
    """What the first learning rate is multiplied by after so many epochs."""
    if config.get("schedule") == "multi-step":
        passed = sum(milestone <= epochs_done for milestone in config["lr_milestones"])
        return config["lr_gamma"] ** passed
    decay_steps = config["decay_steps"] or steps_per_epoch
    return config["lr_decay"] ** (epochs_done * steps_per_epoch // decay_steps)


def train_cell(config, folder, channels_last, stop):
    """Trains to the config's end and tests; one line of results."""
    begun = time.perf_counter()
    memory_format = torch.channels_last if channels_last else torch.contiguous_format
    info = json.loads((folder / "dataset.json").read_text())
    train, tests = (Images(folder, part, info, memory_format) for part in ("train", "test"))
    torch.manual_seed(config["seed"])
    model = pytorch_models.build(config["model_name"], config["width"])
    initialise(model, config["init"])
    model = model.to(memory_format=memory_format)
    rate, batch_size = config["learning_rate"], config["batch_size"]
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=rate,
        momentum=config["momentum"],
        weight_decay=config["weight_decay"],
        fused=True,
    )
    steps_per_epoch = math.ceil(len(train) / batch_size)
    step, reached, at_threshold = 0, None, None
    model.train()
    loaded = time.perf_counter()
    for epoch in range(1, config["num_epochs"] + 1):
        factor = learning_rate_factor(config, steps_per_epoch, epoch - 1)
        optimizer.param_groups[0]["lr"] = rate * factor
        loss, correct = 0.0, 0
        for indices in torch.randperm(len(train)).split(batch_size):
            batch_loss, batch_correct = train_step(model, optimizer, *train.batch(indices))
            loss += batch_loss * len(indices)
            correct += batch_correct
            step += 1
        if not math.isfinite(loss):
            break
        if reached is None and (loss / len(train) < 0.01 or correct / len(train) > 0.997):
            reached = {"epoch": epoch, "step": step}
            at_threshold = copy.deepcopy(model.state_dict())
        if config["evaluate_every"] > 0 and epoch % config["evaluate_every"] == 0:
            test(model, tests, batch_size)
        if reached and stop and config["stop_at_interpolation"]:
            break
    trained = time.perf_counter()
    if at_threshold is not None:
        model.load_state_dict(at_threshold)
    accuracy = test(model, tests, batch_size) if config["tested"] else None
    return {
        "name": config["name"],
        "model": config["model_name"],
        "reached": reached is not None,
        "epochs": epoch,
        "steps": step,
        "test_error": None if accuracy is None else round(1 - accuracy, 3),
        "load_s": round(loaded - begun, 3),
        "train_s": round(trained - loaded, 3),
        "evaluate_s": round(time.perf_counter() - trained, 3),
    }


def run_job(job):
    config, folder, channels_last, threads, stop = job
    torch.set_num_threads(threads)
    return train_cell(config, folder, channels_last, stop)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=pathlib.Path, help="where the run was")
    parser.add_argument("--profile", default="quick", help="of the run (%(default)s)")
    parser.add_argument("--config", type=pathlib.Path, help="only this one, to its last epoch")
    parser.add_argument("--epochs", type=int, help="instead of num_epochs")
    parser.add_argument("--processes", type=int, default=1, help="at the same time (1)")
    parser.add_argument("--threads", type=int, default=2, help="of each process (2)")
    parser.add_argument("--channels-last", action="store_true", help="memory format of images")
    return parser.parse_args()


def main():
    options = read_options()
    experiments = options.workspace / "experiments" / options.profile
    paths = [options.config] if options.config else sorted(experiments.glob("*/*.yaml"))
    configs = [read_config(path) for path in paths]
    if not configs:
        sys.exit(f"{experiments} has no configs: run the pipeline first")
    configs.sort(key=lambda config: SLOWEST.index(config["model_name"]))
    jobs = []
    for config in configs:
        seed = "" if config["seed"] == 42 else f"_s{config['seed']}"
        data = f"{config['label_corruption_prob']:.1f}_{config['data_corruption_type']}{seed}"
        folder = options.workspace / "data" / options.profile / data
        evaluation = options.workspace / "runs" / options.profile / config["name"] / "evaluation.json"
        config["tested"] = evaluation.exists()
        config["num_epochs"] = options.epochs or config["num_epochs"]
        jobs.append((config, folder, options.channels_last, options.threads, not options.config))
    cells = []
    if options.processes == 1:
        results = map(run_job, jobs)
    else:
        pool = multiprocessing.get_context("spawn").Pool(options.processes)
        results = pool.imap_unordered(run_job, jobs)
    for cell in results:
        cells.append(cell)
        print(json.dumps(cell), flush=True)
    total = {
        "cells": len(cells),
        "reached": sum(cell["reached"] for cell in cells),
        "steps": sum(cell["steps"] for cell in cells),
        "train_s": round(sum(cell["train_s"] for cell in cells), 2),
        "evaluate_s": round(sum(cell["evaluate_s"] for cell in cells), 2),
        "wall_s": round(time.perf_counter() - started, 2),
        "torch": torch.__version__,
    }
    print(json.dumps(total), flush=True)
    if options.processes > 1:
        pool.close()
        pool.join()
    return 0


if __name__ == "__main__":
    sys.exit(main())
