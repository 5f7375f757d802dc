"""Python onnxruntime's static quantisation of a classifier, beside Fovea's, in the same runtime.

Usage: quantize_static.py FOLDER ROUNDS, FOLDER filled by quantize-peers.ts: float.onnx, fovea.onnx, fovea-uint8.onnx,
calibration.bin, test.bin (uint8 [N, 3, 32, 32]), labels.bin. Prints one JSON object; latencies are medians of ROUNDS
calls of each file in turn, two threads.
"""
import json
import logging
import math
import pathlib
import statistics
import sys
import time

import numpy as np
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

logging.disable(logging.WARNING)
folder, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
images = {name: np.fromfile(folder / f"{name}.bin", dtype=np.uint8).reshape(-1, 3, 32, 32) for name in ("calibration", "test")}
labels = np.fromfile(folder / "labels.bin", dtype=np.uint8)


class Reader(CalibrationDataReader):
    def __init__(self):
        self.batches = iter(np.split(images["calibration"], range(20, len(images["calibration"]), 20)))

    def get_next(self):
        batch = next(self.batches, None)
        return None if batch is None else {"images": batch}


# As its documentation advises: pre-processing first (batch norm is folded there); on AVX2 without VNNI weights of a
# reduced range, or unsigned ones.
u8, s8 = QuantType.QUInt8, QuantType.QInt8
minmax, entropy, percentile = CalibrationMethod.MinMax, CalibrationMethod.Entropy, CalibrationMethod.Percentile
forms = {
    "defaults": dict(activation_type=s8, weight_type=s8),
    "u8s8 reduced, per channel, minmax": dict(activation_type=u8, weight_type=s8, per_channel=True, reduce_range=True),
    "u8u8, per channel, minmax": dict(activation_type=u8, weight_type=u8, per_channel=True),
    "u8u8, per channel, percentile": dict(activation_type=u8, weight_type=u8, per_channel=True, calibrate_method=percentile),
    "u8u8, per channel, entropy": dict(activation_type=u8, weight_type=u8, per_channel=True, calibrate_method=entropy),
}
# Its symbolic shape inference stops at this graph's reversed slice; the other one does it.
quant_pre_process(str(folder / "float.onnx"), str(folder / "prepared.onnx"), skip_symbolic_shape=True)
files = {"float32": folder / "float.onnx", "fovea": folder / "fovea.onnx", "fovea uint8": folder / "fovea-uint8.onnx"}
complaints = {}
for i, (name, form) in enumerate(forms.items()):
    path = folder / f"theirs-{i}.onnx"
    try:
        quantize_static(str(folder / "prepared.onnx"), str(path), Reader(), quant_format=QuantFormat.QDQ, **form)
        files[f"quantize_static {name}"] = path
    except Exception as error:  # a form that their tool refuses is a finding
        complaints[name] = str(error)

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 2
options.log_severity_level = 3
sessions = {name: onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"]) for name, path in files.items()}


def answers(session):
    parts = [session.run(["probabilities"], {"images": batch})[0] for batch in np.split(images["test"], range(250, len(labels), 250))]
    return np.concatenate(parts)


def signal_to_error(exact, approximate):
    error = float(((exact - approximate).astype(np.float64) ** 2).sum())
    return round(10 * math.log10(float((exact.astype(np.float64) ** 2).sum()) / error), 2) if error else None


given = {name: answers(session) for name, session in sessions.items()}
classes = {name: probabilities.argmax(1) for name, probabilities in given.items()}
right = {name: chosen == labels for name, chosen in classes.items()}
times = {name: {1: [], 64: []} for name in sessions}
for _ in range(rounds):
    for batch in (64, 1):
        fed = {"images": images["test"][:batch]}
        for name, session in sessions.items():
            session.run(["probabilities"], fed)
            start = time.perf_counter()
            session.run(["probabilities"], fed)
            times[name][batch].append(1000 * (time.perf_counter() - start))
print(json.dumps({
    "onnxruntime": onnxruntime.__version__,
    "images": len(labels),
    "calibrationImages": len(images["calibration"]),
    "files": {
        name: {
            "accuracy": float(right[name].mean()),
            "beside": {
                "onlyFovea": int((right["fovea"] & ~right[name]).sum()),
                "onlyThis": int((right[name] & ~right["fovea"]).sum()),
            },
            "agreement": float((classes[name] == classes["float32"]).mean()),
            "signalToErrorDb": signal_to_error(given["float32"], given[name]),
            "sizeBytes": path.stat().st_size,
            "msBatch64": round(statistics.median(times[name][64]), 3),
            "msBatch1": round(statistics.median(times[name][1]), 3),
        }
        for name, path in files.items()
    },
    "refused": complaints,
}))
