"""PyTorch's gradients, and its weights after three Adam steps, for the weights and batches that Fovea wrote.

Usage: network_gradients.py FOLDER. The folder holds manifest.json and data.bin (float32, little-endian) with the
parameters by Fovea's names, the image batch already in floats, and labels; this script adds result.bin with, in the
order of manifest['parameters'], first all gradients of the first batch and then all weights after three steps.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(2)
folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
data = np.fromfile(folder / "data.bin", dtype="<f4")
dtype = getattr(torch, manifest["dtype"])


def tensor(entry):
    size = int(np.prod(entry["shape"])) if entry["shape"] else 1
    part = data[entry["offset"] : entry["offset"] + size].reshape(entry["shape"])
    return torch.tensor(part, dtype=dtype)


p = {e["name"]: tensor(e).requires_grad_() for e in manifest["parameters"]}
batches = [(tensor(b["images"]), torch.tensor(b["labels"])) for b in manifest["batches"]]


def conv(x, name, **options):
    return F.conv2d(x, p[f"{name}/kernel"], p.get(f"{name}/bias"), **options)


def dense(x, name):
    return x @ p[f"{name}/kernel"] + p[f"{name}/bias"]


def norm(x, name):
    return F.batch_norm(x, None, None, p[f"{name}/gamma"], p[f"{name}/beta"], True, 0.0, 1e-3)


def seed(x):
    keep = manifest["dropoutScales"]  # every mask keeps everything: only the scale is left
    x = F.relu(conv(F.relu(conv(x, "conv2d", padding=1)), "conv2d_1", padding=1))
    x = F.max_pool2d(x, 2) * keep[0]
    x = F.relu(conv(F.relu(conv(x, "conv2d_2", padding=1)), "conv2d_3", padding=1))
    x = (F.max_pool2d(x, 2) * keep[1]).flatten(1)
    return dense(F.relu(dense(x, "dense")) * keep[2], "dense_1")


def smooth(x):
    x = F.gelu(conv(F.gelu(conv(x, "conv2d", padding=1)), "conv2d_1", padding=1))
    x = F.avg_pool2d(x, 2)
    x = F.gelu(conv(F.gelu(conv(x, "conv2d_2", padding=1)), "conv2d_3", padding=1))
    return dense(F.avg_pool2d(x, 2).flatten(1), "dense")


def residual(x):
    x = F.relu(norm(conv(x, "stem", padding=1), "stemNorm"))
    y = F.relu(norm(conv(x, "first", padding=1), "firstNorm"))
    y = norm(conv(y, "second", padding=1), "secondNorm")
    x = F.relu(x + y)
    y = F.relu(norm(conv(x, "third", stride=2, padding=(1, 1)), "thirdNorm"))
    x = F.relu(conv(x, "shortcut", stride=2) + y)
    return dense(x.mean((2, 3)), "head")


network = {"seed": seed, "smooth": smooth, "residual": residual}[manifest["network"]]
optimizer = torch.optim.Adam(list(p.values()), lr=1e-3, eps=1e-7)
gradients = None
losses = []
for images, labels in batches:
    optimizer.zero_grad()
    loss = F.cross_entropy(network(images), labels)
    loss.backward()
    losses.append(loss.item())
    if gradients is None:
        gradients = [v.grad.detach().clone() for v in p.values()]
    optimizer.step()
flat = [t.detach().numpy().astype("<f4").ravel() for t in [*gradients, *p.values()]]
np.concatenate(flat).tofile(folder / "result.bin")
print(json.dumps({"losses": losses, "torch": torch.__version__}))
