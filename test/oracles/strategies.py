"""MixUp, CutMix and RandAugment by torchvision, SWA and EMA by PyTorch, with the draws that Fovea made.

Usage: strategies.py FOLDER, with manifest.json and data.bin as Parcel writes them; this script adds result.bin: for each
mixed image its pixels, its soft label and its loss; for each augmented image its pixels; for each average the weights
after every step.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import torchvision_operators  # noqa: F401, isort: skip
import torchvision  # noqa: E402
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn  # noqa: E402
from torchvision.transforms import autoaugment, v2  # noqa: E402

folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
data = np.fromfile(folder / "data.bin", dtype="<f4")


def array(entry):
    size = int(np.prod(entry["shape"]))
    return data[entry["offset"] : entry["offset"] + size].reshape(entry["shape"])


class Drawn:
    """Gives what was drawn elsewhere, whatever it is asked for."""

    def __init__(self, value):
        self.value = value

    def sample(self, _):
        return torch.tensor(self.value, dtype=torch.float64)


random_integers = torch.randint


def serve(values, coins=()):
    """Makes torch.randint give these numbers one after the other; of two, the coin that goes with the last of them."""
    numbers = iter(enumerate(values))
    last = -1

    def randint(high, size=(1,)):
        nonlocal last
        if high == 2:
            return torch.full(size, coins[last])
        last, value = next(numbers)
        return torch.full(size, value)

    torch.randint = randint


def mixed(case):
    """An image is mixed with the one before it: the partner comes first."""
    classes = case["classes"]
    kind = {"mixUp": v2.MixUp, "cutMix": v2.CutMix}[case["kind"]]
    transform = kind(alpha=1.0, num_classes=classes)
    transform._dist = Drawn(case["share"])
    serve([case["column"], case["row"]])
    images = torch.tensor(np.stack([array(case["partner"]), array(case["image"])]), dtype=torch.float64)
    pixels, labels = transform(images, torch.tensor([case["other"], case["label"]]))
    logits = torch.tensor(array(case["logits"]), dtype=torch.float64)
    loss = F.cross_entropy(logits[None], labels[1][None].double(), label_smoothing=case["labelSmoothing"])
    return [pixels[1].numpy(), labels[1].numpy(), loss.numpy().reshape(1)]


def augmented(case):
    transform = autoaugment.RandAugment(num_ops=len(case["operations"]), magnitude=case["magnitude"], fill=case["fill"])
    serve(case["operations"], case["turned"])
    image = Image.fromarray(array(case["image"]).astype("uint8").transpose(1, 2, 0).copy())
    return [np.asarray(transform(image)).transpose(2, 0, 1)]


def averaged(case):
    weights = [torch.tensor(array(entry), dtype=torch.float64) for entry in case["weights"]]
    model = torch.nn.Module()
    model.w = torch.nn.Parameter(weights[0])
    rule = {"multi_avg_fn": get_ema_multi_avg_fn(case["decay"])} if case["kind"] == "ema" else {}
    average = AveragedModel(model, **rule)
    results = []
    if case["kind"] == "ema":
        average.update_parameters(model)
    for step, w in enumerate(weights[1:], start=1):
        model.w.data = w
        if case["kind"] == "ema" or step in case["taken"]:
            average.update_parameters(model)
        began = case["kind"] == "ema" or step >= case["taken"][0]
        results.append((average.module if began else model).w.detach().numpy().copy())
    return results


results = []
for case in manifest["mixed"]:
    results.extend(mixed(case))
for case in manifest["augmented"]:
    results.extend(augmented(case))
torch.randint = random_integers
for case in manifest["averaged"]:
    results.extend(averaged(case))

np.concatenate([np.asarray(r).astype("<f8").ravel() for r in results]).tofile(folder / "result.bin")
print(json.dumps({"shapes": [r.shape for r in results], "torchvision": torchvision.__version__}))
