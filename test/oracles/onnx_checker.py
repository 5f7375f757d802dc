"""The standard's own checker on files that Fovea wrote, and files of the standard's own writer for Fovea to read.

Usage: onnx_checker.py check FOLDER    every *.onnx: full check with strict shape inference; prints {file: complaint}
       onnx_checker.py write FOLDER    models with every form of tensor data, as the onnx package writes them
       onnx_checker.py same FOLDER     written.onnx and again.onnx of each pair hold the same model; prints {file: why}
"""
import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

action, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def complaint(path):
    try:
        model = onnx.load(path, load_external_data=False)
        onnx.checker.check_model(model, full_check=True)
        onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
        return None
    except Exception as error:  # every refusal is a finding, whatever its class
        return str(error)


def typed(name, dtype, values):
    """The typed field of a tensor, where helper.make_tensor would choose it."""
    return helper.make_tensor(name, dtype, [len(values)], values)


def through_identity(name, initializers, opset=20, ir=9, as_inputs=False, constants=False):
    """Every initializer through Identity to an output of its own."""
    nodes = [helper.make_node("Constant", [], [t.name], value=t) for t in initializers] if constants else []
    nodes += [helper.make_node("Identity", [t.name], ["out_" + t.name], name="id_" + t.name) for t in initializers]
    info = lambda prefix: [helper.make_tensor_value_info(prefix + t.name, t.data_type, list(t.dims)) for t in initializers]
    graph = helper.make_graph(
        nodes, name, info("") if as_inputs else [], info("out_"), [] if constants else initializers
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=ir)
    helper.set_model_props(model, {"made by": "onnx " + onnx.__version__})
    return model


def tensors():
    bits = np.array([0.5, -2.0], dtype=np.float16)
    arrays = {
        "f32": np.array([[1.5, -2.0, 3e-42]], np.float32),
        "f64": np.array([np.pi, -0.0]),
        "f16": bits,
        "i64": np.array([-(2**63), 2**63 - 1]),
        "i32": np.array([-(2**31), 2**31 - 1], np.int32),
        "i8": np.array([-128, 127], np.int8),
        "u8": np.array([0, 255], np.uint8),
        "u16": np.array([0, 65535], np.uint16),
        "b": np.array([True, False]),
        "scalar": np.array(7.0, np.float32),
        "none": np.zeros((0, 3), np.float32),
    }
    raw = [numpy_helper.from_array(a, n) for n, a in arrays.items()]
    data = [
        typed("f32", TensorProto.FLOAT, [1.5, -2.0]),
        typed("f64", TensorProto.DOUBLE, [0.1, -0.2]),
        typed("f16", TensorProto.FLOAT16, [0.5, -2.0]),
        typed("i64", TensorProto.INT64, [-(2**63), 2**63 - 1]),
        typed("i32", TensorProto.INT32, [-7, 7]),
        typed("i8", TensorProto.INT8, [-128, 127]),
        typed("u8", TensorProto.UINT8, [0, 255]),
        typed("u16", TensorProto.UINT16, [0, 65535]),
        typed("b", TensorProto.BOOL, [True, False]),
    ]
    return raw, data


def write():
    raw, data = tensors()
    onnx.save(through_identity("raw", raw), folder / "raw.onnx")
    onnx.save(through_identity("typed", data), folder / "typed.onnx")
    onnx.save(through_identity("constants", data, constants=True), folder / "constants.onnx")
    onnx.save(through_identity("old", raw, opset=13, ir=3, as_inputs=True), folder / "old.onnx")


def contents(path):
    """Weights by name, from initializers and Constant nodes alike, and the rest of the graph as text."""
    model = onnx.load(path, load_external_data=False)
    weights = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    rest = []
    for node in model.graph.node:
        if node.op_type == "Constant":
            weights[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        else:
            rest.append(helper.printable_node(node))
    outputs = [helper.printable_value_info(o) for o in model.graph.output]
    opsets = {o.domain: o.version for o in model.opset_import}
    return weights, rest, outputs, opsets, {p.key: p.value for p in model.metadata_props}


def difference(path):
    (weights, *rest), (again, *rest_again) = contents(path), contents(path.with_suffix(".again"))
    if rest != rest_again:
        return f"{rest} became {rest_again}"
    if weights.keys() != again.keys():
        return f"weights {sorted(weights)} became {sorted(again)}"
    for name, w in weights.items():
        if w.dtype != again[name].dtype or w.shape != again[name].shape or w.tobytes() != again[name].tobytes():
            return f"{name}: {w} became {again[name]}"
    return None


if action == "write":
    write()
else:
    examine = complaint if action == "check" else difference
    found = {path.name: examine(path) for path in sorted(folder.glob("*.onnx"))}
    print(json.dumps({name: why for name, why in found.items() if why is not None}))
