"""Trains a model in PyTorch on what bench/train-step.ts has dumped, and compares what comes out.

What is right is PyTorch in double precision. Single precision strays from it, because a rounding
decides on which side of a ReLU's kink a value lies: after five steps of InceptionSmall, PyTorch's
own is 5 % off in a bias of a batch norm that started at zero. So no tensor may be farther off than
1e-3 or, where PyTorch's single precision is worse itself, than three times that.
"""

import json
from pathlib import Path

import numpy
import torch
from torch.nn.functional import cross_entropy

import pytorch_models

TOLERANCE = 1e-3
CHAOS = 3
# A tensor's difference is measured against no less than this share of all tensors of its kind: a
# bias before a batch norm has no gradient, only the rounding of one.
NEGLIGIBLE = 1e-6


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


def train(folder, settings, dtype):
    """The losses before each step and the state after the last, from the dumped initial state."""
    model = pytorch_models.build(settings["model"], settings["width"])
    # Counters of batches, which PyTorch alone keeps.
    counters = {key: each for key, each in model.state_dict().items() if "num_batches" in key}
    model.load_state_dict(read_safetensors(folder / "initial.safetensors") | counters)
    model.to(dtype).train()
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=settings["learning_rate"],
        momentum=settings["momentum"],
        weight_decay=settings["weight_decay"],
    )
    losses = []
    for step in range(settings["steps"]):
        images = torch.from_numpy(numpy.load(folder / f"images.{step}.npy")).to(dtype)
        labels = torch.from_numpy(numpy.load(folder / f"labels.{step}.npy")).long()
        optimizer.zero_grad()
        loss = cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    state = {key: each for key, each in model.state_dict().items() if key not in counters}
    for name, parameter in model.named_parameters():
        state[f"velocity/{name}"] = optimizer.state[parameter]["momentum_buffer"]
    return losses, {name: tensor.double() for name, tensor in state.items()}


def kind_of(name):
    if name.startswith("velocity/"):
        return "velocities"
    return "statistics" if ".running_" in name else "weights"


def rounded(error):
    """To three digits, as printed."""
    return float(f"{float(error):.3g}")


def differences(found, expected):
    """By kind of tensor: ‖found − expected‖ / ‖expected‖, of the worst tensor and of all together."""
    result = {}
    for kind in dict.fromkeys(kind_of(name) for name in expected):
        names = [name for name in expected if kind_of(name) == kind]
        norms = torch.stack([expected[name].norm() for name in names])
        apart = torch.stack([(found[name].double() - expected[name]).norm() for name in names])
        errors = apart / norms.clamp(min=NEGLIGIBLE * norms.norm().item())
        # A NaN counts as the greatest, here and in argmax.
        result[kind] = {
            "together": rounded(apart.norm() / norms.norm()),
            "worst": rounded(errors.max()),
            "at": names[errors.argmax()],
        }
    return result


def replay_one(folder):
    """Prints a line on one model. Returns whether it agrees with PyTorch."""
    settings = json.loads((folder / "dump.json").read_text())
    final = read_safetensors(folder / "final.safetensors")
    losses, state = train(folder, settings, torch.float64)
    _, single = train(folder, settings, torch.float32)
    if final.keys() != state.keys():
        raise ValueError(f"{folder}: other tensors than PyTorch's: {final.keys() ^ state.keys()}")

    loss_errors = [abs(a - b) / b for a, b in zip(settings["losses"], losses, strict=True)]
    agrees = all(error <= TOLERANCE for error in loss_errors)
    line = {"losses": rounded(max(loss_errors))}
    own = differences(single, state)
    for kind, errors in differences(final, state).items():
        line[kind] = errors | {"pytorch_worst": own[kind]["worst"]}
        if not errors["worst"] <= max(TOLERANCE, CHAOS * own[kind]["worst"]):
            agrees = False
        # Velocities are sums of gradients, which chaos changes most; weights hardly move in 5 steps.
        if kind != "velocities" and not errors["together"] <= TOLERANCE:
            agrees = False
    names = {key: settings[key] for key in ("model", "engine", "layout")}
    print(json.dumps(names | {"agrees": agrees} | line), flush=True)
    return agrees


def replay(path):
    """Checks a dump, or each dump in a folder. Returns the exit code."""
    folders = sorted(each.parent for each in Path(path).rglob("dump.json"))
    if not folders:
        print(f"no dump.json under {path}: write one with bench/train-step.ts --dump {path}")
        return 2
    return 0 if all([replay_one(folder) for folder in folders]) else 1
