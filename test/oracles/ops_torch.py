"""Forward and gradients of convolution, pooling and normalisation in PyTorch, float64.

usage: ops_torch.py CASES.json RESULTS.json

A case is {kind, inputs: [{shape, data}], options, flow}: flow is the gradient of the output. A result is
{output, gradients}: one gradient per input. Checked with torch 2.13.0 (CPU).
"""

import json
import sys

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_num_threads(1)


def pad_image(x, pads):
    """ONNX pads [top, left, bottom, right]; torch's own operators know symmetric ones only."""
    top, left, bottom, right = pads
    return F.pad(x, (left, right, top, bottom))


def conv(inputs, o):
    x, w, *b = inputs
    return F.conv2d(pad_image(x, o["pads"]), w, *b, stride=o["strides"], dilation=o["dilations"], groups=o["group"])


def conv_transpose(inputs, o):
    x, w, *b = inputs
    return F.conv_transpose2d(
        x, w, *(b or [None]), stride=o["strides"], padding=o["pads"][:2], output_padding=o["output_padding"],
        groups=o["group"], dilation=o["dilations"],
    )


def max_pool(inputs, o):
    # Torch pads with -inf, symmetrically and by half a kernel at most.
    return F.max_pool2d(
        inputs[0], o["kernel_shape"], o["strides"], o["pads"][:2], o["dilations"], bool(o["ceil_mode"])
    )


def average_pool(inputs, o):
    return F.avg_pool2d(
        inputs[0], o["kernel_shape"], o["strides"], o["pads"][:2], bool(o["ceil_mode"]), bool(o["count_include_pad"])
    )


def global_average_pool(inputs, o):
    return F.adaptive_avg_pool2d(inputs[0], 1)


def batch_norm_training(inputs, o):
    x, w, b = inputs
    return F.batch_norm(x, None, None, w, b, training=True, eps=o["epsilon"])


def batch_norm(inputs, o):
    x, w, b, mean, var = inputs
    # Torch treats running statistics as constants: their formula spelled out, for gradients of all five.
    view = [1, -1] + [1] * (x.dim() - 2)
    y = (x - mean.view(view)) / torch.sqrt(var.view(view) + o["epsilon"]) * w.view(view) + b.view(view)
    own = F.batch_norm(x.detach(), mean.detach(), var.detach(), w.detach(), b.detach(), eps=o["epsilon"])
    assert torch.allclose(y.detach(), own, rtol=1e-12, atol=1e-12)
    return y


def layer_norm(inputs, o):
    x, w, b = inputs
    return F.layer_norm(x, x.shape[o["axis"]:], w, b, o["epsilon"])


def softmax(inputs, o):
    return F.softmax(inputs[0], o["axis"])


def log_softmax(inputs, o):
    return F.log_softmax(inputs[0], o["axis"])


def mat_mul(inputs, o):
    return torch.matmul(*inputs)


def gemm(inputs, o):
    a, b, c = inputs
    return o["alpha"] * (a.T if o["transA"] else a) @ (b.T if o["transB"] else b) + o["beta"] * c


KINDS = {
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": max_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": global_average_pool,
    "BatchNormalizationTraining": batch_norm_training,
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "Softmax": softmax,
    "LogSoftmax": log_softmax,
    "MatMul": mat_mul,
    "Gemm": gemm,
}


def tensor_of(numbers):
    return torch.tensor(numbers["data"], dtype=torch.float64).reshape(numbers["shape"])


def numbers_of(tensor):
    return {"shape": list(tensor.shape), "data": tensor.detach().reshape(-1).tolist()}


def run(case):
    inputs = [tensor_of(numbers).requires_grad_() for numbers in case["inputs"]]
    y = KINDS[case["kind"]](inputs, case["options"])
    flow = tensor_of(case["flow"])
    assert y.shape == flow.shape, (case["title"], y.shape, flow.shape)
    gradients = torch.autograd.grad((y * flow).sum(), inputs)
    return {"output": numbers_of(y), "gradients": [numbers_of(g) for g in gradients]}


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        cases = json.load(file)
    with open(sys.argv[2], "w") as file:
        json.dump({"torch": torch.__version__, "results": [run(case) for case in cases]}, file)
