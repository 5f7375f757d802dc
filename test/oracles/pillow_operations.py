"""The operations of RandAugment and TrivialAugment by Pillow, on images that Fovea wrote.

Usage: pillow_operations.py FOLDER. The folder holds manifest.json and data.bin (float32 levels, [C, H, W] per image);
this script adds result.bin with the changed image of every case.
"""
import json
import pathlib
import sys

import numpy as np
import PIL
from PIL import Image, ImageEnhance, ImageOps

folder = pathlib.Path(sys.argv[1])
manifest = json.loads((folder / "manifest.json").read_text())
data = np.fromfile(folder / "data.bin", dtype="<f4").astype("uint8")


def affine(image, matrix, fill):
    colour = fill if image.mode == "L" else (fill,) * 3
    return image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST, fillcolor=colour)


def rotate(image, degrees, fill):
    colour = fill if image.mode == "L" else (fill,) * 3
    return image.rotate(degrees, Image.Resampling.NEAREST, fillcolor=colour)


operations = {
    "Identity": lambda image, v, fill: image,
    "ShearX": lambda image, v, fill: affine(image, (1, v, 0, 0, 1, 0), fill),
    "ShearY": lambda image, v, fill: affine(image, (1, 0, 0, v, 1, 0), fill),
    "TranslateX": lambda image, v, fill: affine(image, (1, 0, v, 0, 1, 0), fill),
    "TranslateY": lambda image, v, fill: affine(image, (1, 0, 0, 0, 1, v), fill),
    "Rotate": rotate,
    "Brightness": lambda image, v, fill: ImageEnhance.Brightness(image).enhance(1 + v),
    "Color": lambda image, v, fill: ImageEnhance.Color(image).enhance(1 + v),
    "Contrast": lambda image, v, fill: ImageEnhance.Contrast(image).enhance(1 + v),
    "Sharpness": lambda image, v, fill: ImageEnhance.Sharpness(image).enhance(1 + v),
    "Posterize": lambda image, v, fill: ImageOps.posterize(image, int(v)),
    "Solarize": lambda image, v, fill: ImageOps.solarize(image, v),
    "AutoContrast": lambda image, v, fill: ImageOps.autocontrast(image),
    "Equalize": lambda image, v, fill: ImageOps.equalize(image),
}

results = []
for case in manifest["cases"]:
    channels, height, width = case["image"]["shape"]
    start = case["image"]["offset"]
    planes = data[start : start + channels * height * width].reshape(channels, height, width)
    image = Image.fromarray(planes[0] if channels == 1 else planes.transpose(1, 2, 0).copy())
    changed = np.asarray(operations[case["operation"]](image, case["strength"], case["fill"]))
    results.append(changed[None] if channels == 1 else changed.transpose(2, 0, 1))

np.concatenate([r.astype("<f8").ravel() for r in results]).tofile(folder / "result.bin")
print(json.dumps({"shapes": [r.shape for r in results], "pillow": PIL.__version__}))
