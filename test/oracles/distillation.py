"""The loss of knowledge distillation in PyTorch, float64: values and gradients by the student's logits.

Usage: distillation.py FOLDER. The folder holds manifest.json and data.bin (float32, little-endian); this script adds
result.bin with, per case, the loss of each image and the gradient of their sum.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
data = np.fromfile(folder / "data.bin", dtype="<f4").astype("float64")


def array(entry):
    size = int(np.prod(entry["shape"]))
    return torch.tensor(data[entry["offset"] : entry["offset"] + size].reshape(entry["shape"]))


results = []
for case in manifest["cases"]:
    student = array(case["student"]).requires_grad_(True)
    teacher = array(case["teacher"])
    labels = array(case["labels"]).long().reshape(-1)
    t, alpha = case["temperature"], case["alpha"]
    hard = F.cross_entropy(student, labels, reduction="none")
    soft = F.kl_div(
        F.log_softmax(student / t, dim=1), F.log_softmax(teacher / t, dim=1), reduction="none", log_target=True
    ).sum(1)
    loss = (1 - alpha) * hard + alpha * t * t * soft
    loss.sum().backward()
    results += [loss.detach().numpy(), student.grad.numpy()]

np.concatenate([r.reshape(-1) for r in results]).astype("<f8").tofile(folder / "result.bin")
print(json.dumps({"shapes": [list(r.shape) for r in results]}))
