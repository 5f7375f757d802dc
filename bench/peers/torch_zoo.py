"""Times a training step in PyTorch: torch_zoo.py NETWORK SIZE BATCH contiguous|channels_last WARMUP STEPS -> JSON, ms.

NETWORK as in test/oracles/zoo_models.py, whose networks are those of Fovea with the same weights in other tests.
"""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "test" / "oracles"))
import torch
from zoo_models import network_of

name, size, batch, order, warmup, steps = sys.argv[1], *map(int, sys.argv[2:4]), sys.argv[4], *map(int, sys.argv[5:7])
torch.set_num_threads(2)
torch.manual_seed(1)
layout = torch.channels_last if order == "channels_last" else torch.contiguous_format
network = network_of(name).train().to(memory_format=layout)
images = torch.rand(batch, 3, size, size).to(memory_format=layout)
labels = torch.randint(0, 10, (batch,))
optimizer = torch.optim.SGD(network.parameters(), lr=0.01, momentum=0.9, nesterov=True)
criterion = torch.nn.CrossEntropyLoss()
times = []
for step in range(warmup + steps):
    start = time.perf_counter()
    optimizer.zero_grad()
    criterion(network(images), labels).backward()
    optimizer.step()
    if step >= warmup:
        times.append((time.perf_counter() - start) * 1e3)
print(json.dumps({"version": torch.__version__, "ms": times}))
