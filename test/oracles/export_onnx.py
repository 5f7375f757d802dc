"""Exported ONNX files in the standard's own checker and in Python's onnxruntime.

Usage: export_onnx.py FOLDER    cases.json holds [{file, shape}], FILE.images the bytes of its images in its own layout,
       FILE.expected the float32 probabilities. Prints {file: {largest, type, opset, ir} or {complaint}}.
"""
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

folder = pathlib.Path(sys.argv[1])
result = {}
for case in json.loads((folder / "cases.json").read_text()):
    path = folder / case["file"]
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        images = np.frombuffer((folder / f"{case['file']}.images").read_bytes(), np.uint8).reshape(case["shape"])
        (answer,) = session.run(["probabilities"], {"images": images})
        expected = np.frombuffer((folder / f"{case['file']}.expected").read_bytes(), np.float32)
        result[case["file"]] = {
            "largest": float(np.abs(answer.reshape(-1) - expected).max()),
            "type": str(answer.dtype),
            "opset": next(o.version for o in model.opset_import if o.domain == ""),
            "ir": model.ir_version,
        }
    except Exception as error:  # every refusal is a finding, whatever its class
        result[case["file"]] = {"complaint": str(error)}
print(json.dumps(result))
