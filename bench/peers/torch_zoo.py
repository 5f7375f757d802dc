"""Times a training step in PyTorch: torch_zoo.py NETWORK SIZE BATCH contiguous|channels_last WARMUP (see answer.py).

NETWORK as in test/oracles/zoo_models.py, whose networks are those of Fovea with the same weights in other tests.
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "oracles"))
import torch
from answer import answer_timings
from zoo_models import network_of

name, size, batch, order, warmup = sys.argv[1], *map(int, sys.argv[2:4]), sys.argv[4], int(sys.argv[5])
torch.set_num_threads(2)
torch.manual_seed(1)
layout = torch.channels_last if order == "channels_last" else torch.contiguous_format
network = network_of(name).train().to(memory_format=layout)
images = torch.rand(batch, 3, size, size).to(memory_format=layout)
labels = torch.randint(0, 10, (batch,))
optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, nesterov=True)
criterion = torch.nn.CrossEntropyLoss()


def train():
    optimizer.zero_grad()
    criterion(network(images), labels).backward()
    optimizer.step()


answer_timings(torch.__version__, warmup, train)
