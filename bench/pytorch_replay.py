"""Makes in PyTorch the steps that bench/train-step.ts has dumped, and compares what comes out.

Each step starts from the state that we had before it, and what is right is PyTorch's step in double
precision. Steps are not chained: that would be chaotic, so that after five steps of InceptionSmall
PyTorch's own single precision is 5 % off in some tensors.

Within a step, single precision leaves one thing open: on which side of a kink, of a ReLU or between two
values of a max-pool, a value lies that is nearer to it than rounding errors are. One such value can
change a gradient by several thousandths. How much is taken from PyTorch: it makes the step again with
every value pushed as far as rounding may carry it (`measure_reach`), half of the values up and half
down at random, then all the other way. Of the values in reach of a kink each changes sides in one of
the two: together they make all the changes that rounding can make, and as those are as good as
independent, all at once come to the root of the two differences' squares. No tensor of ours may be
farther off than that, the largest of a few such pairs, or than TOLERANCE; and none more than MOST.
"""

import copy
import json
import math
from contextlib import contextmanager
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import pytorch_models

TOLERANCE = 1e-4
# What kinks may account for at most: beyond it a comparison tells nothing.
MOST = 0.05
# By how much our rounding errors may be larger than PyTorch's: sums are made in another order.
LARGER = 3
# How often values are pushed one way and the other. A pair of values in a max-pool changes order only
# where they are pushed apart, in half of the cases.
PAIRS = 3
# A tensor's difference is measured against no less than this share of all tensors of its kind: a
# bias before a batch norm has no gradient, only the rounding of one.
NEGLIGIBLE = 1e-6
VELOCITY = "velocity/"
# Layers that sum; a ReLU or a maximum is exact.
SUMMING = (nn.Conv2d, nn.Linear, nn.BatchNorm2d, nn.LocalResponseNorm, nn.AdaptiveAvgPool2d)


def read_safetensors(path):
    """The float32 tensors of a file, by name."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        begin, end = (start + offset for offset in entry["data_offsets"])
        values = numpy.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
        tensors[name] = torch.from_numpy(values.copy())
    return tensors


class Replica:
    """The dumped model in PyTorch, in one precision. Makes single steps from states of ours."""

    def __init__(self, settings, dtype):
        self.settings = settings
        self.dtype = dtype
        self.model = pytorch_models.build(settings["model"], settings["width"]).to(dtype).train()
        # Counters of batches, which PyTorch alone keeps.
        state = self.model.state_dict()
        self.counters = {key: each for key, each in state.items() if "num_batches" in key}

    def load(self, state):
        values = {key: each for key, each in state.items() if kind_of(key) != "velocities"}
        self.model.load_state_dict(values | self.counters)

    def step(self, state, images, labels):
        """The loss before and, in double precision, the state after a step from this state."""
        self.load(state)
        parameters = dict(self.model.named_parameters())
        optimizer = torch.optim.SGD(
            parameters.values(),
            lr=self.settings["learning_rate"],
            momentum=self.settings["momentum"],
            weight_decay=self.settings["weight_decay"],
        )
        for name, parameter in parameters.items():
            velocity = state[VELOCITY + name].to(self.dtype, copy=True)
            optimizer.state[parameter]["momentum_buffer"] = velocity
        optimizer.zero_grad()
        loss = cross_entropy(self.model(images.to(self.dtype)), labels)
        loss.backward()
        optimizer.step()
        after = {k: each for k, each in self.model.state_dict().items() if k not in self.counters}
        for name, parameter in parameters.items():
            after[VELOCITY + name] = optimizer.state[parameter]["momentum_buffer"]
        return loss.item(), {name: each.to(torch.float64, copy=True) for name, each in after.items()}

    @contextmanager
    def watch(self, hook):
        """Calls the hook after each layer whose results are rounded; what it returns takes their place."""
        layers = [each for each in self.model.modules() if isinstance(each, SUMMING)]
        handles = [layer.register_forward_hook(hook) for layer in layers]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def measure_reach(single, state, images):
    """By layer, how far rounding may carry one of its values.

    That is the root mean square of PyTorch's own error, against the layer in double precision on the
    same input, times LARGER, times what the largest of so many normally distributed errors comes to.
    """
    reach = {}

    def measure(layer, inputs, output):
        # Its forward alone: the copy has the hooks of the layer too.
        exact = copy.deepcopy(layer).double().forward(inputs[0].double())
        error = (output.double() - exact).square().mean().sqrt().item()
        reach[layer] = LARGER * error * math.sqrt(2 * math.log(output.numel()))

    single.load(state)
    with torch.no_grad(), single.watch(measure):
        single.model(images)
    return reach


def push_values(single, reach, seed, state, images, labels):
    """The two states after the step with values pushed by their reach, one way and the other."""
    for way in (1, -1):
        signs = torch.Generator().manual_seed(seed)

        def push(layer, _, output, signs=signs, way=way):
            sign = torch.randint(2, output.shape, generator=signs, dtype=output.dtype) * 2 - 1
            return output + sign * (way * reach[layer])

        with single.watch(push):
            yield single.step(state, images, labels)[1]


def kind_of(name):
    if name.startswith(VELOCITY):
        return "velocities"
    return "statistics" if ".running_" in name else "weights"


def rounded(error):
    """To three digits, as printed."""
    return float(f"{float(error):.3g}")


def differences(found, expected):
    """By tensor: ‖found − expected‖ / ‖expected‖. A NaN is infinite."""
    squares = {}
    for name, each in expected.items():
        squares[kind_of(name)] = squares.get(kind_of(name), 0) + each.square().sum().item()
    result = {}
    for name, each in expected.items():
        least = NEGLIGIBLE * math.sqrt(squares[kind_of(name)])
        error = (found[name].double() - each).norm().item() / max(each.norm().item(), least)
        result[name] = math.inf if math.isnan(error) else error
    return result


def compare_step(folder, step, double, single):
    """Of a step: the relative error of its loss, and (name, error, allowed) of each tensor after it."""
    before = read_safetensors(folder / f"state.{step}.safetensors")
    after = read_safetensors(folder / f"state.{step + 1}.safetensors")
    images = torch.from_numpy(numpy.load(folder / f"images.{step}.npy"))
    labels = torch.from_numpy(numpy.load(folder / f"labels.{step}.npy")).long()
    loss, exact = double.step(before, images, labels)
    if after.keys() != exact.keys():
        raise ValueError(f"{folder}: other tensors than PyTorch's: {after.keys() ^ exact.keys()}")
    errors = differences(after, exact)
    allowed = dict.fromkeys(errors, TOLERANCE)
    if any(error > TOLERANCE for error in errors.values()):
        reach = measure_reach(single, before, images)
        for seed in range(PAIRS):
            pushed = push_values(single, reach, seed, before, images, labels)
            one, other = (differences(each, exact) for each in pushed)
            for name in errors:
                changes = math.hypot(one[name], other[name])
                allowed[name] = min(max(allowed[name], changes), MOST)
    found = double.settings["losses"][step]
    return abs(found - loss) / loss, [(name, errors[name], allowed[name]) for name in errors]


def replay_one(folder):
    """Prints a line on one model. Returns whether it agrees with PyTorch."""
    settings = json.loads((folder / "dump.json").read_text())
    double, single = Replica(settings, torch.float64), Replica(settings, torch.float32)
    losses, tensors = [], []
    for step in range(settings["steps"]):
        loss, compared = compare_step(folder, step, double, single)
        losses.append(loss)
        tensors += [(error / allowed, error, allowed, step, name) for name, error, allowed in compared]
    agrees = all(loss <= TOLERANCE for loss in losses) and all(each[0] <= 1 for each in tensors)
    line = {"agrees": agrees, "losses": rounded(max(losses))}
    for kind in ("weights", "statistics", "velocities"):
        of_kind = [each for each in tensors if kind_of(each[-1]) == kind]
        if of_kind:
            _, error, allowed, step, name = max(of_kind)
            line[kind] = {"worst": rounded(error), "allowed": rounded(allowed), "at": name, "step": step}
    line["tensors"] = len(tensors)
    line["by_kinks"] = sum(error > TOLERANCE for _, error, *_ in tensors)
    names = {key: settings[key] for key in ("model", "width", "batch", "engine", "layout")}
    print(json.dumps(names | line), flush=True)
    return agrees


def replay(path):
    """Checks a dump, or each dump in a folder. Returns the exit code."""
    folders = sorted(each.parent for each in Path(path).rglob("dump.json"))
    if not folders:
        print(f"no dump.json under {path}: write one with bench/train-step.ts --dump {path}")
        return 2
    return 0 if all([replay_one(folder) for folder in folders]) else 1
