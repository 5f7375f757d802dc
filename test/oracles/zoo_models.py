"""Logits (inference mode) and gradients (training mode) of the zoo's networks in PyTorch, float64.

Usage: zoo_models.py FOLDER, with manifest.json and data.bin as Parcel writes them: images, labels, parameters and
running statistics by the names that the network's own state_dict has; a name too many or too few is an error.
       zoo_models.py names NETWORK...   prints {network: {name: shape}} of timm's own models, without making weights.
"""
import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import torchvision_operators  # noqa: F401, isort: skip
import timm  # noqa: E402
from timm.models.convnext import ConvNeXt  # noqa: E402
from timm.models.densenet import DenseNet  # noqa: E402
from timm.models.vision_transformer import VisionTransformer  # noqa: E402


def conv(inputs, outputs, size, stride=1):
    return nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)


class ZeroPadding(nn.Module):
    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, x.shape[1] // 2, x.shape[1] // 2))


class Unit1(nn.Module):
    def __init__(self, inputs, outputs, stride, projection):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs, 3), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if inputs != outputs:
            self.shortcut = ZeroPadding()
            if projection:
                self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class Unit2(nn.Module):
    def __init__(self, inputs, outputs, stride, projection, first):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, outputs, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv(outputs, outputs, 3)
        self.first = first
        self.shortcut = nn.Identity()
        if inputs != outputs:
            self.shortcut = nn.Sequential(conv(inputs, outputs, 1, stride)) if projection else ZeroPadding()

    def forward(self, x):
        a = F.relu(self.bn1(x))
        return self.conv2(F.relu(self.bn2(self.conv1(a)))) + self.shortcut(a if self.first else x)


class ResNetCifar(nn.Module):
    def __init__(self, depth, version=1, projection=False):
        super().__init__()
        self.version = version
        self.conv1 = conv(3, 16, 3)
        if version == 1:
            self.bn1 = nn.BatchNorm2d(16)
        widths = [16, 16, 32, 64]
        for s in (1, 2, 3):
            units = []
            for i in range((depth - 2) // 6):
                inputs = widths[s - 1] if i == 0 else widths[s]
                stride = 2 if s > 1 and i == 0 else 1
                more = () if version == 1 else (i == 0,)
                units.append((Unit1 if version == 1 else Unit2)(inputs, widths[s], stride, projection, *more))
            setattr(self, f"layer{s}", nn.Sequential(*units))
        if version == 2:
            self.bn = nn.BatchNorm2d(64)
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        x = self.conv1(x)
        if self.version == 1:
            x = F.relu(self.bn1(x))
        x = self.layer3(self.layer2(self.layer1(x)))
        if self.version == 2:
            x = F.relu(self.bn(x))
        return self.linear(x.mean((2, 3)))


class WideBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, outputs, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(outputs), conv(outputs, outputs, 3)
        self.convShortcut = conv(inputs, outputs, 1, stride) if inputs != outputs else None

    def forward(self, x):
        a = F.relu(self.bn1(x))
        y = self.conv2(F.relu(self.bn2(self.conv1(a))))
        return y + (x if self.convShortcut is None else self.convShortcut(a))


class Stage(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        self.layer = nn.Sequential(*blocks)

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    def __init__(self, depth, width):
        super().__init__()
        widths = [16, 16 * width, 32 * width, 64 * width]
        self.conv1 = conv(3, 16, 3)
        for s in (1, 2, 3):
            blocks = [
                WideBlock(widths[s - 1] if i == 0 else widths[s], widths[s], 2 if s > 1 and i == 0 else 1)
                for i in range((depth - 4) // 6)
            ]
            setattr(self, f"block{s}", Stage(*blocks))
        self.bn1, self.fc = nn.BatchNorm2d(widths[3]), nn.Linear(widths[3], 10)

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(F.relu(self.bn1(x)).mean((2, 3)))


def resnet_cifar_stem(name):
    net = timm.create_model(name, num_classes=10)
    net.conv1, net.maxpool = conv(3, 64, 3), nn.Identity()
    return net


def densenet_cifar(blocks, growth):
    net = DenseNet(growth_rate=growth, block_config=blocks, num_classes=10)
    net.features.conv0, net.features.norm0, net.features.pool0 = conv(3, 2 * growth, 3), nn.Identity(), nn.Identity()
    return net


class VggCifar(nn.Module):
    def __init__(self, name):
        super().__init__()
        with torch.device("meta"):
            whole = timm.create_model(name)
        self.features = whole.features.to_empty(device="cpu")
        self.classifier = nn.Linear(512, 10)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


def mobile_cifar_strides(name):
    net = timm.create_model(name, num_classes=10)
    net.conv_stem.stride = net.blocks[1][0].conv_dw.stride = (1, 1)
    return net


def vision_transformer(**more):
    sizes = {"img_size": 32, "patch_size": 4, "embed_dim": 64, "depth": 2, "num_heads": 4, "num_classes": 10}
    return VisionTransformer(**sizes, **more)


class SelfAttention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width)

    def forward(self, x):
        q, k, v = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in self.qkv(x).chunk(3, 2))
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class CctBlock(nn.Module):
    def __init__(self, width, heads, ratio):
        super().__init__()
        self.pre_norm, self.norm1 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.self_attn = SelfAttention(width, heads)
        self.linear1, self.linear2 = nn.Linear(width, ratio * width), nn.Linear(ratio * width, width)

    def forward(self, x):
        x = self.norm1(x + self.self_attn(self.pre_norm(x)))
        return x + self.linear2(F.gelu(self.linear1(x)))


class CctClassifier(nn.Module):
    def __init__(self, tokens, depth, width, heads, ratio):
        super().__init__()
        self.positional_emb = nn.Parameter(torch.zeros(1, tokens, width))
        self.blocks = nn.Sequential(*(CctBlock(width, heads, ratio) for _ in range(depth)))
        self.norm, self.attention_pool = nn.LayerNorm(width), nn.Linear(width, 1, bias=False)
        self.fc = nn.Linear(width, 10)

    def forward(self, x):
        x = self.norm(self.blocks(x + self.positional_emb))
        return self.fc((self.attention_pool(x).softmax(1) * x).sum(1))


class Cct(nn.Module):
    """Hassani et al. 2021, for images of 32 x 32."""

    def __init__(self, depth, width, heads, ratio, size, convolutions):
        super().__init__()
        channels = [3, *[64] * (convolutions - 1), width]
        self.tokenizer = nn.Module()
        self.tokenizer.conv_layers = nn.Sequential(
            *(
                nn.Sequential(conv(a, b, size, max(1, size // 2 - 1)), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
                for a, b in zip(channels, channels[1:])
            )
        )
        self.classifier = CctClassifier((32 >> convolutions) ** 2, depth, width, heads, ratio)

    def forward(self, x):
        return self.classifier(self.tokenizer.conv_layers(x).flatten(2).transpose(1, 2))


class WhitenedCnn(nn.Module):
    """As src/nn/models/whitened-cnn.ts: a frozen 2x2 convolution, then convolutions, poolings, normalisations."""

    def __init__(self, filters, pooled, kind=nn.GELU):
        super().__init__()
        self.whitening = nn.Conv2d(3, 24, 2)
        self.whitening.weight.requires_grad = False
        layers, inputs = [kind()], 24
        for outputs, pool in zip(filters, pooled):
            norm = nn.BatchNorm2d(outputs, eps=1e-5, momentum=0.1)
            norm.weight.requires_grad = False
            layers += [conv(inputs, outputs, 3), *([nn.MaxPool2d(2)] if pool else []), norm, kind()]
            inputs = outputs
        self.trunk = nn.Sequential(*layers)
        self.head = nn.Linear(inputs, 10, bias=False)

    def forward(self, x):
        x = self.trunk(self.whitening(F.pad(x, (0, 1, 0, 1))))
        return self.head(x.amax((2, 3))) * (0.67 / 0.053) ** 0.5 / self.head.in_features


networks = {
    "whitened-cnn of speed94": lambda: WhitenedCnn((64, 64, 256, 256, 256, 256), (True, False) * 3),
    "resnet-20": lambda: ResNetCifar(20),
    "resnet-14, projections": lambda: ResNetCifar(14, projection=True),
    "resnet-20, version 2": lambda: ResNetCifar(20, version=2),
    "resnet-14, version 2, projections": lambda: ResNetCifar(14, version=2, projection=True),
    "wide-resnet-16-2": lambda: WideResNet(16, 2),
    "wide-resnet-10-1": lambda: WideResNet(10, 1),
    "timm resnet18, cifar stem": lambda: resnet_cifar_stem("resnet18"),
    "timm DenseNet, blocks 6-6-6": lambda: densenet_cifar((6, 6, 6), 12),
    "timm DenseNet, blocks 2-3-2-2": lambda: DenseNet(growth_rate=32, block_config=(2, 3, 2, 2), num_classes=10),
    "timm vgg11_bn features": lambda: VggCifar("vgg11_bn"),
    "timm mobilenetv2_050, cifar strides": lambda: mobile_cifar_strides("mobilenetv2_050"),
    "timm ConvNeXt, blocks 1-1-2-1": lambda: ConvNeXt(
        depths=(1, 1, 2, 1), dims=(24, 48, 96, 192), num_classes=10
    ),
    "timm VisionTransformer, class token": lambda: vision_transformer(),
    "timm VisionTransformer, average, layer scale": lambda: vision_transformer(
        global_pool="avg", class_token=False, init_values=0.1
    ),
    "cct-7/3x1": lambda: Cct(7, 256, 4, 2, 3, 1),
    "cct-2/5x2": lambda: Cct(2, 64, 2, 1, 5, 2),
}


def network_of(name):
    """One of the table, or `timm NAME`."""
    return networks[name]() if name in networks else timm.create_model(name.removeprefix("timm "), num_classes=10)


def names_of(name):
    with torch.device("meta"):
        state = timm.create_model(name).state_dict()
    return {key: list(value.shape) for key, value in state.items() if not key.endswith("num_batches_tracked")}


def compare(folder):
    torch.set_num_threads(2)
    manifest = json.loads((folder / "manifest.json").read_text())
    data = np.fromfile(folder / "data.bin", dtype="<f4")

    def tensor(entry):
        size = int(np.prod(entry["shape"]))
        part = data[entry["offset"] : entry["offset"] + size].reshape(entry["shape"])
        return torch.tensor(part, dtype=torch.float64)

    net = network_of(manifest["network"]).double()
    given = {name: tensor(e) for name, e in {**manifest["parameters"], **manifest["statistics"]}.items()}
    counters = {k: v for k, v in net.state_dict().items() if k.endswith("num_batches_tracked")}
    net.load_state_dict({**given, **counters}, strict=True)
    images, labels = tensor(manifest["images"]), torch.tensor(manifest["labels"])
    with torch.no_grad():
        logits = net.eval()(images)
    F.cross_entropy(net.train()(images), labels).backward()
    parameters = dict(net.named_parameters())
    result = [logits, *(parameters[name].grad for name in manifest["parameters"])]
    np.concatenate([t.detach().numpy().ravel() for t in result]).astype("<f8").tofile(folder / "result.bin")
    print(json.dumps({"shapes": [list(t.shape) for t in result]}))


if __name__ == "__main__":
    if sys.argv[1] == "names":
        print(json.dumps({name: names_of(name) for name in sys.argv[2:]}))
    else:
        compare(pathlib.Path(sys.argv[1]))
