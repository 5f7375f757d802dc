#!/usr/bin/env bash
# A Vulkan driver without a graphics card, for the tests of the webgpu device (src/runtime/webgpu.test.ts).
# Debian's chromium ships one (SwiftShader) and the Vulkan loader with it; the package libvulkan1 is not needed then.
set -euo pipefail
apt-get install --yes --no-install-recommends chromium
ls /usr/lib/chromium/vk_swiftshader_icd.json /usr/lib/chromium/libvulkan.so.1
cat <<'TEXT'
Tests find it there. For other programs set, before they start:
  VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json LD_LIBRARY_PATH=/usr/lib/chromium
With a graphics card: apt-get install libvulkan1 mesa-vulkan-drivers, and no variables.
TEXT
