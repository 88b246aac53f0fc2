#include "attend/tensor/runtime.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <malloc.h>

#include <climits>
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

Runtime start_runtime(const RuntimeConfig& config) {
  Runtime runtime;
  runtime.device = resolve_device(config.device);
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  runtime.threads = config.threads > 0 ? static_cast<int>(config.threads) : static_cast<int>(cores);
  at::set_num_threads(runtime.threads);
  at::globalContext().setFlushDenormal(true);

  const bool native = runtime.device.is_cuda() || cpu_multiplies_bf16();
  switch (config.precision) {
    case Precision::automatic:
      runtime.compute = native ? at::kBFloat16 : at::kFloat;
      runtime.reason = native ? concat("auto: ", runtime.device.is_cuda() ? "CUDA" : "this CPU", " multiplies bf16 natively")
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

void keep_freed_memory() {
#ifdef __GLIBC__
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
  mallopt(M_ARENA_MAX, 4);
#endif
}

}  // namespace attend
