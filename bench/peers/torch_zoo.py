"""Times a training step in PyTorch: torch_zoo.py NETWORK SIZE BATCH contiguous|channels_last WARMUP sgd|muon
(see answer.py).

NETWORK as in test/oracles/zoo_models.py, whose networks are those of Fovea with the same weights in other tests.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "oracles"))
import torch
from answer import answer_timings
from zoo_models import network_of

name, size, batch, order, warmup = sys.argv[1], *map(int, sys.argv[2:4]), sys.argv[4], int(sys.argv[5])
with_muon = sys.argv[6] == "muon"
torch.set_num_threads(2)
torch.manual_seed(1)
layout = torch.channels_last if order == "channels_last" else torch.contiguous_format
network = network_of(name).train().to(memory_format=layout)
images = torch.rand(batch, 3, size, size).to(memory_format=layout)
labels = torch.randint(0, 10, (batch,))
trained = [p for p in network.parameters() if p.requires_grad]
kernels = [p for p in trained if with_muon and p.ndim == 4]
others = [p for p in trained if not any(p is kernel for kernel in kernels)]
optimizer = torch.optim.SGD(others, lr=0.01, momentum=0.9, nesterov=True)
buffers = [torch.zeros_like(p) for p in kernels]


@torch.no_grad()
def muon(rate=0.24, momentum=0.6):
    """As src/optim/muon.ts: Nesterov momentum, three quintic Newton-Schulz iterations, kernels brought to one norm."""
    for w, buffer in zip(kernels, buffers):
        buffer.mul_(momentum).add_(w.grad)
        x = w.grad.add(buffer, alpha=momentum).reshape(len(w), -1)
        tall = x.shape[0] > x.shape[1]
        x = x.T if tall else x
        x = x / (x.norm() + 1e-7)
        for _ in range(3):
            gram = x @ x.T
            x = torch.addmm(x, -4.7750 * gram + 2.0315 * (gram @ gram), x, beta=3.4445)
        w.mul_(len(w) ** 0.5 / w.norm()).sub_((x.T if tall else x).reshape(w.shape), alpha=rate)


criterion = torch.nn.CrossEntropyLoss()


def train():
    network.zero_grad()
    criterion(network(images), labels).backward()
    optimizer.step()
    if kernels:
        muon()


answer_timings(torch.__version__, warmup, train)
