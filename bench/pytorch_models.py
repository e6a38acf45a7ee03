"""The seven models of experiment/models in PyTorch, with the same names of parameters and axes."""

import math
from collections import OrderedDict

import torch
from torch import nn

CHANNELS, SIZE, CLASSES = 3, 28, 10


def widener(width):
    """Scales a number of channels or units: to the nearest whole number, at least four."""
    return lambda channels: max(4, math.floor(channels * width + 0.5))


def relu():
    return nn.ReLU(inplace=True)


def named(*layers):
    """A chain whose layers with parameters have names; the others count on."""
    pairs = [each if isinstance(each, tuple) else (f"_{i}", each) for i, each in enumerate(layers)]
    return nn.Sequential(OrderedDict(pairs))


def perceptron(hidden_layers, widen):
    layers, features = [nn.Flatten()], CHANNELS * SIZE * SIZE
    for number in range(1, hidden_layers + 1):
        layers += [(f"dense{number}", nn.Linear(features, widen(512))), relu()]
        features = widen(512)
    return named(*layers, (f"dense{hidden_layers + 1}", nn.Linear(features, CLASSES)))


def net(widen):
    def block(number, inputs, outputs, kernel):
        return [
            (f"conv{number}", nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)),
            (f"bn{number}", nn.BatchNorm2d(outputs)),
            relu(),
            nn.MaxPool2d(2),
        ]

    first, second, third, fourth = (widen(channels) for channels in (8, 16, 32, 8))
    return named(
        *block(1, CHANNELS, first, 5),
        *block(2, first, second, 3),
        *block(3, second, third, 3),
        ("conv4", nn.Conv2d(third, fourth, 1)),
        nn.Flatten(),
        ("dense1", nn.Linear(fourth * 3 * 3, widen(128))),
        relu(),
        ("dense2", nn.Linear(widen(128), CLASSES)),
    )


def small_alexnet(widen):
    def block(number, inputs, outputs):
        return [
            (f"conv{number}", nn.Conv2d(inputs, outputs, 5, padding=1)),
            relu(),
            nn.MaxPool2d(3, stride=2),
            nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=1),
        ]

    return named(
        *block(1, CHANNELS, widen(64)),
        *block(2, widen(64), widen(192)),
        nn.Flatten(),
        ("dense1", nn.Linear(widen(192) * 4 * 4, widen(384))),
        relu(),
        ("dense2", nn.Linear(widen(384), widen(192))),
        relu(),
        ("dense3", nn.Linear(widen(192), CLASSES)),
    )


class Branches(nn.Module):
    """The channels of two branches, one after the other."""

    def __init__(self, first, second):
        super().__init__()
        for name, branch in (first, second):
            self.add_module(name, branch)

    def forward(self, images):
        return torch.cat([branch(images) for branch in self.children()], dim=1)


def small_inception(batch_norm, widen):
    def module(inputs, outputs, kernel, stride=1, padding=0):
        layers = [("conv", nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False))]
        if batch_norm:
            layers.append(("bn", nn.BatchNorm2d(outputs, eps=1e-3)))
        return named(*layers, relu())

    layers, channels = [("conv1", module(CHANNELS, widen(96), 3, padding=1))], widen(96)
    blocks = [(32, 32), (32, 48), 80, (112, 48), (96, 64), (80, 80), (48, 96), 96, (176, 160), (176, 160)]
    counts = {"inception": 0, "downsample": 0}
    for block in blocks:
        kind = "inception" if isinstance(block, tuple) else "downsample"
        counts[kind] += 1
        if kind == "inception":
            pointwise, square = (widen(outputs) for outputs in block)
            first = ("branch1x1", module(channels, pointwise, 1))
            second = ("branch3x3", module(channels, square, 3, padding=1))
            channels = pointwise + square
        else:
            first = ("branch3x3", module(channels, widen(block), 3, stride=2, padding=1))
            second = ("pool", nn.MaxPool2d(3, stride=2, padding=1))
            channels += widen(block)
        layers.append((f"{kind}{counts[kind]}", Branches(first, second)))
    return named(
        *layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), ("dense", nn.Linear(channels, CLASSES))
    )


class ResidualBlock(nn.Module):
    """Two convolutions, each after batch norm and ReLU; the shortcut is projected the same way."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.relu = relu()
        self.projects = stride > 1
        if self.projects:
            self.bn_shortcut = nn.BatchNorm2d(inputs)
            self.conv_shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, images):
        residual = self.conv1(self.relu(self.bn1(images)))
        residual = self.conv2(self.relu(self.bn2(residual)))
        if not self.projects:
            return residual + images
        return residual + self.conv_shortcut(self.relu(self.bn_shortcut(images)))


def wide_resnet(widen):
    channels = widen(16)
    layers = [("conv1", nn.Conv2d(CHANNELS, channels, 3, padding=1, bias=False))]
    for group, outputs in enumerate([widen(48), widen(96), widen(192)], start=1):
        blocks = [
            ("block1", ResidualBlock(channels, outputs, 2)),
            ("block2", ResidualBlock(outputs, outputs, 1)),
        ]
        layers.append((f"group{group}", named(*blocks)))
        channels = outputs
    return named(
        *layers,
        ("bn", nn.BatchNorm2d(channels)),
        relu(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        ("dense", nn.Linear(channels, CLASSES)),
    )


BUILDERS = {
    "Net": net,
    "MLP1": lambda widen: perceptron(1, widen),
    "MLP3": lambda widen: perceptron(3, widen),
    "AlexNetSmall": small_alexnet,
    "InceptionSmall": lambda widen: small_inception(True, widen),
    "InceptionSmallWithoutBN": lambda widen: small_inception(False, widen),
    "WideResNet": wide_resnet,
}


def build(name, width=1):
    """The model of this name, its numbers of channels and units multiplied by `width`."""
    return BUILDERS[name](widener(width))
