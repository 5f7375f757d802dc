"""Imported before timm or torchvision: torchvision's compiled operators do not load beside every PyTorch, and its Python
files need only that they have a name."""
import torch

_operators = torch.library.Library("torchvision", "FRAGMENT")
for _name in ("nms", "qnms"):
    try:
        _operators.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:
        pass
