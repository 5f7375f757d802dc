"""Times the seed CNN in PyTorch: torch_seed.py train|infer BATCH contiguous|channels_last WARMUP (see answer.py)."""
import sys

import torch
from answer import answer_timings
from torch import nn

job, batch, order, warmup = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])
torch.set_num_threads(2)
torch.manual_seed(1)
fmt = torch.channels_last if order == "channels_last" else torch.contiguous_format
model = nn.Sequential(
    nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.2),
    nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.3),
    nn.Flatten(), nn.Linear(4096, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10),
).to(memory_format=fmt)
x = torch.rand(batch, 3, 32, 32).to(memory_format=fmt)
y = torch.randint(0, 10, (batch,))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
criterion = nn.CrossEntropyLoss()


def train():
    optimizer.zero_grad()
    criterion(model(x), y).backward()
    optimizer.step()


def infer():
    with torch.inference_mode():
        torch.softmax(model(x), 1)


if job == "infer":
    model.eval()
run = train if job == "train" else infer
answer_timings(torch.__version__, warmup, run)
