"""The seed CNN with given weights in TensorFlow's own int8 converter, beside Fovea's int8 file, in LiteRT.

Usage: keras_tflite.py FOLDER, which tflite-peers.ts fills: manifest.json (weights' shapes and offsets, filters, units,
mean and deviation, counts), weights.bin (float32, ONNX order), calibration.bin and test.bin (uint8 [N, 32, 32, 3]),
labels.bin, ours.tflite (int8 at both ends). Prints one JSON object.
"""
import json
import os
import pathlib
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"
import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from keras import layers

folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
numbers = np.fromfile(folder / "weights.bin", dtype="<f4")
images = {name: np.fromfile(folder / f"{name}.bin", dtype=np.uint8).reshape(-1, 32, 32, 3) for name in ("calibration", "test")}
labels = np.fromfile(folder / "labels.bin", dtype=np.uint8)


def weight(name):
    held = manifest["weights"][name]
    return numbers[held["offset"] : held["offset"] + int(np.prod(held["shape"]))].reshape(held["shape"])


first, second = manifest["filters"]
conv = dict(padding="same", activation="relu")
scale = [1 / (255 * deviation) for deviation in manifest["standardDeviation"]]
offset = [-mean / deviation for mean, deviation in zip(manifest["mean"], manifest["standardDeviation"])]
model = keras.Sequential([
    layers.Input((32, 32, 3)),
    layers.Rescaling(scale if len(scale) > 1 else scale[0], offset if len(offset) > 1 else offset[0]),
    layers.Conv2D(first, 3, name="conv2d", **conv), layers.Conv2D(first, 3, name="conv2d_1", **conv), layers.MaxPooling2D(2),
    layers.Conv2D(second, 3, name="conv2d_2", **conv), layers.Conv2D(second, 3, name="conv2d_3", **conv), layers.MaxPooling2D(2),
    layers.Flatten(), layers.Dense(manifest["units"], activation="relu", name="dense"), layers.Dense(10, activation="softmax", name="dense_1"),
])
for name in ("conv2d", "conv2d_1", "conv2d_2", "conv2d_3"):
    model.get_layer(name).set_weights([weight(f"{name}/kernel").transpose(2, 3, 1, 0), weight(f"{name}/bias")])
# Fovea flattens [C, H, W], Keras [H, W, C].
flat = weight("dense/kernel").reshape(second, 8, 8, -1).transpose(1, 2, 0, 3).reshape(second * 64, -1)
model.get_layer("dense").set_weights([flat, weight("dense/bias")])
model.get_layer("dense_1").set_weights([weight("dense_1/kernel"), weight("dense_1/bias")])

converter = tf.lite.TFLiteConverter.from_keras_model(model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([image[None].astype(np.float32)] for image in images["calibration"])
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.int8
theirs = converter.convert()


def accuracy(content):
    interpreter = Interpreter(model_content=content, num_threads=2)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    step, zero = source["quantization"]
    classes = []
    for image in images["test"]:
        interpreter.set_tensor(source["index"], np.clip(np.round(image[None] / step) + zero, -128, 127).astype(np.int8))
        interpreter.invoke()
        classes.append(int(interpreter.get_tensor(result["index"])[0].argmax()))
    operators = [operator["op_name"] for operator in interpreter._get_ops_details()]
    return np.array(classes), {"accuracy": float((np.array(classes) == labels).mean()), "sizeBytes": len(content), "operators": operators}


reference = np.concatenate([model.predict(images["test"].astype(np.float32), verbose=0)]).argmax(1)
ours_classes, ours = accuracy((folder / "ours.tflite").read_bytes())
theirs_classes, theirs_result = accuracy(theirs)
print(json.dumps({
    "tensorflow": tf.__version__,
    "images": len(labels),
    "float32": {"accuracy": float((reference == labels).mean())},
    "fovea": {**ours, "agreement": float((ours_classes == reference).mean())},
    "tensorflowConverter": {**theirs_result, "agreement": float((theirs_classes == reference).mean())},
}))
