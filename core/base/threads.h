// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace orderscope {

/// Sets the number of threads that tensor operations use (0: as many as there are cores) and turns flush-to-zero on in
/// each of them: gradients at the rim of a receptive field are denormal and slow some CPUs down four times over.
/// MXCSR is per thread, so call it again on every thread that starts tensor work of its own.
void set_up_compute_threads(int threads = 0);

/// True if denormal results are flushed to zero on the calling thread.
bool flushes_denormals();

}  // namespace orderscope
