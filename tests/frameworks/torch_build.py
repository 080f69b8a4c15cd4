"""Whether a clean environment would get a PyTorch of reasonable size."""

from __future__ import annotations

import os

import torch

# PyPI's build comes with gigabytes of CUDA; one for the processor has to be named to the installer.
CPU_BUILD_AT_HAND = torch.version.cuda is None and "PIP_FIND_LINKS" in os.environ
