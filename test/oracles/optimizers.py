"""Ten steps of the update rules of PyTorch, timm, Keras and NumPy, in float64, on weights and gradients that Fovea wrote.

Usage: optimizers.py FOLDER. The folder holds manifest.json and data.bin (float32, little-endian); this script adds
result.bin with, per case, the weights after each step, and per schedule its learning rates.
"""
import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")
import keras  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

import torchvision_operators  # noqa: F401, isort: skip
import timm.optim  # noqa: E402

# PyTorch's Muon multiplies in bfloat16, which hides everything beyond two digits: here it stays in float64.
torch.Tensor.bfloat16 = lambda tensor: tensor

keras.backend.set_floatx("float64")
folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
data = np.fromfile(folder / "data.bin", dtype="<f4").astype("float64")


def array(entry):
    size = int(np.prod(entry["shape"]))
    return data[entry["offset"] : entry["offset"] + size].reshape(entry["shape"])


def by_torch(name, arguments, w, gradients, rates, library=torch.optim):
    parameter = torch.nn.Parameter(torch.tensor(w))
    optimizer = getattr(library, name)([parameter], lr=rates[0], **arguments)
    for g, rate in zip(gradients, rates):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(g)
        optimizer.step()
        yield parameter.detach().numpy().copy()


def by_timm(*case):
    return by_torch(*case, library=timm.optim)


def by_keras(name, arguments, w, gradients, rates):
    variable = keras.Variable(w)
    optimizer = getattr(keras.optimizers, name)(learning_rate=rates[0], **arguments)
    optimizer.build([variable])
    for g, rate in zip(gradients, rates):
        optimizer.learning_rate = rate
        optimizer.apply([keras.ops.convert_to_tensor(g)])
        yield keras.ops.convert_to_numpy(variable).copy()


def orthogonalized(g, iterations):
    """The quintic Newton-Schulz iteration, on the singular values: x -> a x + b x^3 + c x^5 leaves U and V alone."""
    u, s, v = np.linalg.svd(g, full_matrices=False)
    s = s / (np.linalg.norm(g) + 1e-7)
    for _ in range(iterations):
        s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
    return (u * s) @ v


def muon(arguments, w, gradients, rates):
    momentum, buffer, w = arguments["momentum"], np.zeros_like(w), w.copy()
    for g, rate in zip(gradients, rates):
        buffer = momentum * buffer + g
        direction = g + momentum * buffer if arguments["nesterov"] else buffer
        if arguments["normalizeKernels"]:
            w = w * np.sqrt(w.shape[1] if w.ndim == 2 else len(w)) / np.linalg.norm(w)
        step = orthogonalized(direction.reshape(len(w), -1), arguments["iterations"])
        w = w - rate * step.reshape(w.shape)
        yield w.copy()


def lookahead(arguments, w, gradients, rates):
    """Zhang et al. 2019, algorithm 1, around plain descent; the weights that the next gradient is taken at."""
    slow, fast = w, w
    for t, (g, rate) in enumerate(zip(gradients, rates), start=1):
        fast = fast - rate * g
        if t % arguments["steps"] == 0:
            slow = slow + arguments["alpha"] * (fast - slow)
            fast = slow
        yield fast


def by_numpy(name, arguments, w, gradients, rates):
    rule = {"Muon": muon, "Lookahead": lookahead}[name]
    return rule(arguments, w, gradients, rates)


results = []
for case in manifest["cases"]:
    run = {"torch": by_torch, "timm": by_timm, "keras": by_keras, "numpy": by_numpy}[case["library"]]
    gradients = [array(g) for g in case["gradients"]]
    results.extend(run(case["name"], case["arguments"], array(case["weights"]), gradients, case["rates"]))

for case in manifest["schedules"]:
    # A rate of 1 that came as an integer would make Keras compute in integers.
    arguments = {**case["arguments"], "initial_learning_rate": 1.0}
    schedule = getattr(keras.optimizers.schedules, case["name"])(**arguments)
    results.append(np.array([float(schedule(step)) for step in case["steps"]]))

np.concatenate([r.astype("<f8").ravel() for r in results]).tofile(folder / "result.bin")
print(json.dumps({"shapes": [r.shape for r in results], "torch": torch.__version__, "keras": keras.__version__}))
