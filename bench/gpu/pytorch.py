"""Times training steps of PyTorch on this machine's GPU: JSON lines, one for each model and way.

`eager`: the batch assembled on the CPU and sent, loss and accuracy read out each step. `eager_gpu`: the
data on the GPU, nothing read out. `graph`: the same as a CUDA graph. Each with TF32 off and on.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import pytorch_models  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--models", default=",".join(pytorch_models.BUILDERS))
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--width", type=float, default=1)
parser.add_argument("--seconds", type=float, default=0.6)
options = parser.parse_args()

COUNT = 16 * options.batch
ON_GPU = torch.cuda.is_available()
DEVICE = "cuda" if ON_GPU else "cpu"


def wait():
    if ON_GPU:
        torch.cuda.synchronize()


def time_steps(step):
    for _ in range(3):
        step()
    wait()
    steps, started = 0, time.perf_counter()
    while time.perf_counter() - started < options.seconds or steps < 2:
        for _ in range(8):
            step()
        wait()
        steps += 8
    return (time.perf_counter() - started) / steps * 1000


def measure(name, tf32):
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.manual_seed(42)
    model = pytorch_models.build(name, options.width).to(DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, fused=ON_GPU)
    pixels = torch.randint(0, 256, (COUNT, 3, 32, 32), dtype=torch.uint8)
    labels = torch.randint(0, 10, (COUNT,))
    on_gpu, labels_on_gpu = pixels.to(DEVICE), labels.to(DEVICE)
    orders = torch.randperm(COUNT).split(options.batch)
    orders_on_gpu = [order.to(DEVICE) for order in orders]
    place = [0]

    def train(images, targets):
        optimizer.zero_grad(set_to_none=True)
        logits = model(images)
        loss = cross_entropy(logits, targets)
        loss.backward()
        optimizer.step()
        return loss.detach(), (logits.detach().argmax(1) == targets).sum()

    def numbers(batch):
        return batch[:, :, 2:30, 2:30].float().sub_(127.5).div_(63.75)

    def eager():
        place[0] += 1
        order = orders[place[0] % len(orders)]
        batch, targets = pixels[order], labels[order]
        loss, correct = train(numbers(batch.to(DEVICE, non_blocking=True)), targets.to(DEVICE))
        return loss.item(), correct.item()

    def eager_gpu():
        place[0] += 1
        order = orders_on_gpu[place[0] % len(orders)]
        train(numbers(on_gpu.index_select(0, order)), labels_on_gpu.index_select(0, order))

    def tell(way, milliseconds):
        line = {"kind": "pytorch", "model": name, "width": options.width, "batch": options.batch}
        line |= {"way": way, "tf32": tf32, "ms": round(milliseconds, 4), "torch": torch.__version__}
        print(json.dumps(line), flush=True)

    tell("eager", time_steps(eager))
    tell("eager_gpu", time_steps(eager_gpu))
    if not ON_GPU:
        return
    static = orders_on_gpu[0].clone()

    def step():
        train(numbers(on_gpu.index_select(0, static)), labels_on_gpu.index_select(0, static))

    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    optimizer.zero_grad(set_to_none=True)
    with torch.cuda.graph(graph):
        step()

    def replay():
        place[0] += 1
        static.copy_(orders_on_gpu[place[0] % len(orders)])
        graph.replay()

    tell("graph", time_steps(replay))


for each in options.models.split(","):
    for allowed in (False, True):
        try:
            measure(each, allowed)
        except Exception as error:  # noqa: BLE001
            print(json.dumps({"kind": "error", "model": each, "what": f"PyTorch: {error}"[:300]}), flush=True)
