// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/guard.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>

#include <new>
#include <stdexcept>

#include "core/base/mapped_pages.h"
#include "core/base/parallel.h"

namespace orderscope {

namespace {
struct CancelledException : std::runtime_error {
  CancelledException() : std::runtime_error("cancelled") {}
};

/// Weights may lie in a mapped file: this thread and its workers get stacks for the handler of lost pages.
void prepare_workers() {
  static thread_local int prepared = 0;
  const int threads = at::get_num_threads();
  if (prepared >= threads || !any_mapped()) return;
  prepared = threads;
  give_thread_signal_stack();
  parallel_for(threads, 1, [](std::int64_t, std::int64_t) { give_thread_signal_stack(); });
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

tl::unexpected<Error> out_of_memory() {
  return fail(Error::Kind::OutOfMemory, "out of memory", {}, "use a smaller image or fewer maps");
}
}  // namespace

void throw_if_cancelled(const JobContext& job) {
  if (job.stop.stop_requested()) throw CancelledException();
}

Result<void> guarded(const std::function<void()>& code) {
  try {
    prepare_workers();
    code();
    return {};
  } catch (const CancelledException&) {
    return fail(Error::Kind::Cancelled, "cancelled");
  } catch (const std::bad_alloc&) {
    return out_of_memory();
  } catch (const c10::OutOfMemoryError&) {
    return fail(Error::Kind::OutOfMemory, "out of device memory", {}, "use a smaller batch, or --device cpu");
  } catch (const c10::Error& error) {
    const std::string what = first_line(error.what_without_backtrace());
    // The CPU allocator reports exhaustion as a plain error.
    if (what.find("allocate memory") != std::string::npos) return out_of_memory();
    return fail(Error::Kind::InvalidInput, what);
  } catch (const std::exception& error) {
    const std::string what = first_line(error.what());
    // oneDNN says no more than this where there is no room for the code that it makes.
    if (what == "could not create a primitive") return out_of_memory();
    return fail(Error::Kind::InvalidInput, what);
  }
}

}  // namespace orderscope
