"""Keras' answers, in float64, on inputs and weights that Fovea wrote.

Usage: layers_keras.py FOLDER. The folder holds manifest.json and data.bin (float32, little-endian); this script adds
result.bin with, in this order: the output of each layer case; batch normalisation in training: both outputs, then the
moving mean and variance after two steps; each regulariser; each loss per image. Images are [N, C, H, W] in the files
and go through Keras with channels last.
"""
import json
import os
import pathlib
import sys

# TensorFlow: on PyTorch Keras counts the padding of 'same' average pooling where it is not even on both sides.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras  # noqa: E402
import numpy as np  # noqa: E402

keras.backend.set_floatx("float64")
folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
data = np.fromfile(folder / "data.bin", dtype="<f4").astype("float64")
results = []


def array(entry):
    size = int(np.prod(entry["shape"]))
    return data[entry["offset"] : entry["offset"] + size].reshape(entry["shape"])


def numpy(x):
    return keras.ops.convert_to_numpy(x)


def last(x):
    return x.transpose(0, 2, 3, 1) if x.ndim == 4 else x


def first(x):
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x


def kernel(w, like):
    if w.ndim == 2:
        return w
    if "depthwise" in like.path or w.shape[1] == 1 and like.shape[-2] * like.shape[-1] == w.shape[0]:
        return w.reshape(like.shape[2], like.shape[3], *w.shape[2:]).transpose(2, 3, 0, 1)
    return w.transpose(2, 3, 1, 0)


def fill(layer, weights):
    """Sets weights by Fovea's names, in which a kernel is 'kernel' whatever the layer, and statistics are camelCase."""
    names = {"moving_mean": "movingMean", "moving_variance": "movingVariance", "depthwise_kernel": "kernel"}
    for variable in layer.weights:
        value = array(weights[names.get(variable.name, variable.name)])
        variable.assign(kernel(value, variable) if value.ndim > 1 else value)
    assert len(layer.weights) == len(weights), (layer.name, [v.name for v in layer.weights], list(weights))


for case in manifest["layers"]:
    layer = getattr(keras.layers, case["keras"])(**case["arguments"])
    x = last(array(case["input"]))
    layer.build(x.shape)
    fill(layer, case["weights"])
    results.append(first(numpy(layer(x, training=False) if case["keras"] == "BatchNormalization" else layer(x))))

norm = keras.layers.BatchNormalization()
norm.build(last(array(manifest["batches"][0])).shape)
for batch in manifest["batches"]:
    results.append(first(numpy(norm(last(array(batch)), training=True))))
results.append(numpy(norm.moving_mean))
results.append(numpy(norm.moving_variance))

w = array(manifest["kernel"])
for name, arguments in manifest["regularizers"]:
    results.append(numpy(getattr(keras.regularizers, name)(**arguments)(keras.ops.convert_to_tensor(w))))

logits, labels = array(manifest["logits"]), np.array(manifest["labels"])
for smoothing in manifest["smoothing"]:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing, reduction=None)
    results.append(numpy(loss(np.eye(logits.shape[1])[labels], logits)))
sparse = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)
results.append(numpy(sparse(labels, logits)))

np.concatenate([np.asarray(r, dtype="<f8").ravel() for r in results]).tofile(folder / "result.bin")
print(json.dumps({"shapes": [np.asarray(r).shape for r in results], "keras": keras.__version__}))
