"""What Python's LiteRT makes of TFLite files that Fovea wrote.

Usage: export_tflite.py FOLDER. The folder holds images.bin (uint8 in the models' own shape, one after another) and files *.tflite;
this script adds NAME.bin (float32 probabilities, little-endian) beside each and prints what it found in each as JSON.
"""
import json
import pathlib
import sys
import zipfile

import numpy as np
from ai_edge_litert.interpreter import Interpreter

folder = pathlib.Path(sys.argv[1])
bytes_of_images = np.fromfile(folder / "images.bin", dtype=np.uint8)
# Of images one by one and of several together, so many are compared.
TOGETHER = 100


def quantized(values, detail):
    scale, zero = detail["quantization"]
    if detail["dtype"] != np.int8:
        return values.astype(detail["dtype"])
    return np.clip(np.round(values / scale) + zero, -128, 127).astype(np.int8)


def floats(values, detail):
    scale, zero = detail["quantization"]
    return (values.astype(np.float32) - zero) * scale if detail["dtype"] == np.int8 else values


def answers(path, batch, count=None):
    model = Interpreter(model_path=str(path), num_threads=1)
    shape = list(model.get_input_details()[0]["shape"][1:])
    images = bytes_of_images.reshape(-1, *shape)[:count]
    model.resize_tensor_input(model.get_input_details()[0]["index"], [batch, *shape])
    model.allocate_tensors()
    source, result = model.get_input_details()[0], model.get_output_details()[0]
    rows = []
    for start in range(0, len(images), batch):
        model.set_tensor(source["index"], quantized(images[start : start + batch], source))
        model.invoke()
        rows.append(floats(model.get_tensor(result["index"]), result))
    return np.concatenate(rows).astype("<f4"), model


report = {}
for path in sorted(folder.glob("*.tflite")):
    rows, model = answers(path, 1)
    rows.tofile(path.with_suffix(".bin"))
    together, _ = answers(path, min(TOGETHER, len(rows)), TOGETHER)
    signature = model.get_signature_list()["serving_default"]
    with zipfile.ZipFile(path) as archive:
        labels = archive.read("labels.txt").decode().splitlines()
    operators = model._get_ops_details()
    report[path.stem] = {
        "inputs": signature["inputs"],
        "outputs": signature["outputs"],
        "labels": labels,
        "batched": float(np.abs(together - rows[:TOGETHER]).max()),
        "operators": [operator["op_name"] for operator in operators],
    }
print(json.dumps(report))
