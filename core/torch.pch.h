// SPDX-License-Identifier: GPL-3.0-or-later
// The one precompiled header. Tensors only: with all of torch/torch.h every file would pay ten seconds for templates
// that the header leaves pending; the few files that need modules or autograd include them themselves.
#pragma once
#include <ATen/ATen.h>
