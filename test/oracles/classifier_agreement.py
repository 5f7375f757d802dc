"""What Python's onnxruntime makes of a classifier that Fovea wrote.

Usage: classifier_agreement.py FOLDER. The folder holds model.onnx and images.bin (uint8, in the model's own shape, one
after another); this script adds probabilities.bin (float32, little-endian, [N, K]) and prints the versions used.
"""
import json
import pathlib
import sys

import numpy as np
import onnxruntime

BATCH = 500

folder = pathlib.Path(sys.argv[1])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 2
session = onnxruntime.InferenceSession(
    str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
)
(source,) = session.get_inputs()
images = np.fromfile(folder / "images.bin", dtype=np.uint8).reshape(-1, *source.shape[1:])
rows = [
    session.run(["probabilities"], {source.name: images[start : start + BATCH]})[0]
    for start in range(0, len(images), BATCH)
]
np.concatenate(rows).astype("<f4").tofile(folder / "probabilities.bin")
print(json.dumps({"onnxruntime": onnxruntime.__version__, "images": len(images)}))
