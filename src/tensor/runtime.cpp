#include "attend/tensor/runtime.h"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <ATen/Parallel.h>
#include <c10/util/Exception.h>
#include <malloc.h>

#include <algorithm>
#include <climits>
#include <new>
#include <thread>

#include "attend/core/error.h"
#include "attend/core/text.h"
#include "attend/tensor/cpu.h"

namespace attend {
namespace {

at::Device resolve_device(const std::string& name) {
  const int gpus = at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
  if (name == "auto") return gpus > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
  if (name == "cpu") return at::kCPU;
  std::int64_t index = 0;
  if (name.starts_with("cuda:")) {
    index = parse_int(std::string_view(name).substr(5)).value_or(-1);
  } else if (name != "cuda") {
    index = -1;
  }
  if (index < 0) throw UsageError("[runtime.device] expected auto, cpu, cuda or cuda:N, got \"", name, "\"");
  if (index >= gpus)
    throw UsageError("[runtime.device] expected one of ", gpus, " CUDA devices, got \"", name, "\"; use cpu or auto");
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace

Runtime start_runtime(const RuntimeConfig& config, std::int64_t workers) {
  Runtime runtime;
  runtime.device = resolve_device(config.device);
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  const std::int64_t threads = config.threads > 0 ? config.threads : static_cast<std::int64_t>(cores);
  runtime.threads = static_cast<int>(std::max<std::int64_t>(1, threads / workers));
  at::set_num_threads(runtime.threads);
  at::globalContext().setFlushDenormal(true);

  const bool native = runtime.device.is_cuda() || cpu_multiplies_bf16();
  switch (config.precision) {
    case Precision::automatic:
      runtime.compute = native ? at::kBFloat16 : at::kFloat;
      runtime.reason =
          native ? concat("auto: ", runtime.device.is_cuda() ? "CUDA" : "this CPU", " multiplies bf16 natively")
                 : "auto: this CPU does not multiply bf16 natively";
      break;
    case Precision::fp32:
      runtime.compute = at::kFloat;
      runtime.reason = "as configured";
      break;
    case Precision::bf16:
      runtime.compute = at::kBFloat16;
      runtime.reason = native ? "as configured" : "as configured; slow, this CPU does not multiply bf16 natively";
      break;
  }
  return runtime;
}

// LibTorch's CPU allocator and oneDNN say it in text only.
bool is_out_of_memory(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) || dynamic_cast<const c10::OutOfMemoryError*>(&error)) return true;
  const std::string_view text = error.what();
  for (const std::string_view sign : {"allocate memory", "not enough memory", "out of memory", "out_of_memory"})
    if (text.find(sign) != std::string_view::npos) return true;
  return false;
}

void release_cached_memory(const at::Device& device) {
  if (device.is_cuda()) at::accelerator::emptyCache();
}

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_MXFAST, 0);  // else every large block sweeps the small ones together first
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
  // threads differentiate side by side
  mallopt(M_ARENA_MAX, std::max(4, static_cast<int>(std::thread::hardware_concurrency())));
#endif
}

}  // namespace attend
