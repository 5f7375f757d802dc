"""Keras' own ImageDataGenerator on parameters and images that Fovea chose.

usage: keras_augmentation.py cases.json results.bin draws.json

cases.json   {"cases": [{"shape", "pixels": base64 uint8 [C, H, W], "fillMode", "cval", "parameters"}],
              "draws": {"count", "shape", "options": ImageDataGenerator keyword arguments}}
results.bin  per case float32 [C, H, W]: apply_affine_transform alone, then apply_transform with everything
draws.json   {"versions", "draws": get_random_transform of NumPy seeds 0 .. count - 1}
"""
import base64
import json
import os
import sys
import warnings

# The augmentation is NumPy, SciPy and Pillow whatever the backend; it only has to load.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import keras
import numpy as np
import PIL
import scipy
from keras.src.legacy.preprocessing import image as legacy

AFFINE = ("theta", "tx", "ty", "shear", "zx", "zy")


def run_case(case):
    pixels = np.frombuffer(base64.b64decode(case["pixels"]), np.uint8)
    x = pixels.reshape(case["shape"]).astype("float32")
    given = case["parameters"]
    affine = legacy.apply_affine_transform(
        x, **{name: given[name] for name in AFFINE}, fill_mode=case["fillMode"], cval=case["cval"]
    )
    generator = legacy.ImageDataGenerator(
        fill_mode=case["fillMode"], cval=case["cval"], data_format="channels_first"
    )
    # Pillow handles channels last only, and so does Keras' brightness: give it what it can take.
    if given.get("brightness") is None:
        full = generator.apply_transform(x, given)
    else:
        generator = legacy.ImageDataGenerator(
            fill_mode=case["fillMode"], cval=case["cval"], data_format="channels_last"
        )
        full = generator.apply_transform(x.transpose(1, 2, 0), given).transpose(2, 0, 1)
    return affine.astype("float32"), full.astype("float32")


def run_draws(request):
    generator = legacy.ImageDataGenerator(**request["options"], data_format="channels_first")
    draws = []
    for seed in range(request["count"]):
        draw = generator.get_random_transform(tuple(request["shape"]), seed=seed)
        draws.append({name: None if value is None else float(value) for name, value in draw.items()})
    return draws


def main():
    with open(sys.argv[1]) as file:
        request = json.load(file)
    with open(sys.argv[2], "wb") as file:
        for case in request["cases"]:
            for result in run_case(case):
                file.write(np.ascontiguousarray(result).tobytes())
    versions = {m.__name__: m.__version__ for m in (keras, np, scipy, PIL)}
    with open(sys.argv[3], "w") as file:
        json.dump({"versions": versions, "draws": run_draws(request["draws"])}, file)


main()
