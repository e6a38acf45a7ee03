"""Measures PyTorch at what bench/train-step.ts measures of us, and replays what that has dumped.

It needs PyTorch 2 and NumPy. A training step is written as one would for a data set that fits in
memory: assemble and normalise the batch, forward, cross-entropy, backward, SGD with momentum, loss
and accuracy read out. Each model is measured in a process of its own, whose peak memory is rss_mb.
"""

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import time

try:
    import torch
    from torch.nn.functional import cross_entropy
except ModuleNotFoundError:
    sys.exit(f"{sys.executable} has no PyTorch; bench/README.md says how to install it")

sys.dont_write_bytecode = True
import pytorch_models  # noqa: E402
from pytorch_replay import replay  # noqa: E402

IMAGES = 2048
CROP = slice(2, 30)
WARM_UP_STEPS = 3


class Samples:
    """Random images as CIFAR-10 stores them; what a step costs does not depend on what they show."""

    def __init__(self, count, memory_format):
        generator = torch.Generator().manual_seed(1)
        self.count = count
        self.memory_format = memory_format
        images = torch.randint(0, 256, (count, 3, 32, 32), dtype=torch.uint8, generator=generator)
        self.crops = images[:, :, CROP, CROP]
        self.labels = torch.randint(0, 10, (count,), generator=generator)
        self.mean = torch.full((1, 3, 1, 1), 0.5 * 255)
        self.deviation = torch.full((1, 3, 1, 1), 0.25 * 255)

    def batch(self, indices):
        pixels = self.crops.index_select(0, indices)
        images = pixels.to(torch.float32, memory_format=self.memory_format)
        return images.sub_(self.mean).div_(self.deviation), self.labels.index_select(0, indices)


def read_out(loss, logits, labels):
    return loss.item(), (logits.argmax(1) == labels).sum().item()


def train_step(model, optimizer, images, labels):
    optimizer.zero_grad(set_to_none=True)
    logits = model(images)
    loss = cross_entropy(logits, labels)
    loss.backward()
    optimizer.step()
    return read_out(loss.detach(), logits.detach(), labels)


def open_training(model, samples, options):
    """Trains until warm; the meter of a training step: milliseconds, the median."""
    optimizer = torch.optim.SGD(
        model.parameters(), lr=0.01, momentum=0.9, **{options.optimizer: True}
    )
    model.train()

    def epochs():
        while True:
            yield from torch.randperm(samples.count).split(options.batch)

    order = epochs()

    def train():
        train_step(model, optimizer, *samples.batch(next(order)))

    def measure():
        train()
        return median_time(options.seconds, train) * 1000

    for _ in range(WARM_UP_STEPS - 1):
        train()
    return measure


@torch.inference_mode()
def evaluate_batch(model, images, labels):
    logits = model(images)
    read_out(cross_entropy(logits, labels), logits, labels)


def open_evaluation(model, samples, options):
    """Evaluates until warm; the meter of a pass over so many images: seconds.

    It times batches, as bench/measure.ts does: the median of a full batch as often as there are full
    ones, and that of the last, smaller one.
    """
    model.eval()
    full, rest = divmod(options.evaluate, options.batch)

    def batches(count):
        while True:
            yield from torch.arange(count).remainder_(samples.count).split(options.batch)

    def open_timer(count):
        endless = batches(count)

        def evaluate():
            evaluate_batch(model, *samples.batch(next(endless)))

        def time_batch(most):
            evaluate()
            return median_time(most, evaluate)

        return time_batch

    time_full, time_rest = open_timer(full * options.batch), open_timer(rest)

    def measure(most=options.seconds):
        last = time_rest(0) if rest else 0
        return last + (full * time_full(most) if full else 0)

    measure(0)
    return measure


def median_time(seconds, action):
    """Seconds of an action, repeated until the time is over, but made at least once."""
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median_high(times)


def wait_for_turns(options):
    """One turn or, behind a gate, one for each line of input: several processes measure together."""
    if not options.gate:
        yield
        return
    print("ready", flush=True)
    for _ in sys.stdin:
        yield


def measure(name, options):
    """Prints a line of results a turn."""
    torch.set_num_threads(options.threads)
    memory_format = torch.channels_last if options.channels_last else torch.contiguous_format
    torch.manual_seed(42)
    model = pytorch_models.build(name, options.width).to(memory_format=memory_format)
    samples = Samples(math.ceil(IMAGES / options.batch) * options.batch, memory_format)
    model_line = {"model": name, "params": sum(each.numel() for each in model.parameters())}
    meter = (open_evaluation if options.evaluate else open_training)(model, samples, options)
    for _ in wait_for_turns(options):
        line = dict(model_line)
        if options.evaluate:
            seconds = meter()
            line |= {"images": options.evaluate, "seconds": round(seconds, 3)}
            line["images_per_s"] = round(options.evaluate / seconds)
        else:
            milliseconds = meter()
            line["ms_per_step"] = round(milliseconds, 3)
            line["images_per_s"] = round(options.batch * 1000 / milliseconds)
        line["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        print(json.dumps(line | {"torch": torch.__version__}), flush=True)


def read_options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = ",".join(pytorch_models.BUILDERS)
    parser.add_argument("--models", default=names, help="models to measure (%(default)s)")
    parser.add_argument("--seconds", type=float, default=4, help="of measuring a model (4)")
    parser.add_argument("--threads", type=int, default=2, help="threads of PyTorch (2)")
    parser.add_argument("--batch", type=int, default=128, help="images a batch (128)")
    parser.add_argument("--width", type=float, default=1, help="of the models (1)")
    parser.add_argument("--evaluate", type=int, metavar="N", help="evaluate N images, train none")
    parser.add_argument("--channels-last", action="store_true", help="memory format of images")
    parser.add_argument("--optimizer", choices=["fused", "foreach"], default="fused")
    parser.add_argument("--gate", action="store_true", help="when warm, measure at each line of input")
    parser.add_argument("--replay", metavar="DIR", help="check what train-step.ts --dump has written")
    options = parser.parse_args()
    unknown = set(options.models.split(",")) - set(pytorch_models.BUILDERS)
    if unknown:
        parser.error(f"no model {', '.join(sorted(unknown))}; there are {names}")
    return options


def main():
    options = read_options()
    if options.replay:
        return replay(options.replay)
    models = options.models.split(",")
    if len(models) == 1:
        measure(models[0], options)
        return 0
    for name in models:
        command = [sys.executable, *sys.argv, "--models", name]
        code = subprocess.run(command, check=False).returncode
        if code != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
