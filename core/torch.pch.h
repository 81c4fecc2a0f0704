// SPDX-License-Identifier: GPL-3.0-or-later
// The one precompiled header: LibTorch takes half a minute to parse.
#pragma once
#include <torch/torch.h>
