#!/usr/bin/env bash
# Makes the Python environment of the oracles in .cache/oracles/venv of the checkout: peers that Fovea's numbers are
# compared with, never a part of the product. Versions are pinned, because a comparison names what it compares with.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=.cache/oracles/venv
"${PYTHON:-python3}" -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check \
  torch==2.13.0 \
  tensorflow-cpu==2.21.0 \
  keras==3.15.1 \
  onnx==1.23.2 \
  onnxruntime==1.32.0 \
  numpy==2.4.6 \
  scipy==1.17.1 \
  pillow==13.0.0 \
  tensorboard==2.21.0 \
  ai-edge-litert==2.3.0
# timm for the zoo. Of torchvision it needs the Python files only; its compiled operators want another PyTorch.
"$venv/bin/pip" install --quiet --disable-pip-version-check huggingface_hub==2.4.0 safetensors==0.8.0 pyyaml==6.0.3
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps timm==1.0.31 torchvision==0.29.1
"$venv/bin/python" -c 'import sys; print("oracles ready: Python", sys.version.split()[0])'
