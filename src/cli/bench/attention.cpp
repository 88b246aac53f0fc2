// Attention alone, forward and backward, at a constant number of tokens: how time and memory grow with the length.
// B rows, N heads, M kv heads, T length, H head size.
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include <chrono>

#include "attend/attention/mechanism.h"
#include "attend/tensor/counting_allocator.h"
#include "bench.h"

namespace attend {
namespace {

struct Sizes {
  std::int64_t rows, heads, kv_heads, length, head_size;
};

struct Measured {
  double milliseconds = 0;
  std::int64_t bytes = 0;
};

MechanismShape shape_of(const Sizes& sizes, bool causal) {
  return {sizes.heads, sizes.kv_heads, sizes.head_size,
          causal ? AttentionUse::decoder_self : AttentionUse::encoder_self, {}};
}

class AttentionBench {
 public:
  AttentionBench(const AttentionConfig& config, const Sizes& sizes, const Runtime& runtime, bool causal)
      : mechanism_(make_mechanism(shape_of(sizes, causal), config)), device_(runtime.device) {
    // (B, heads, T, H), a head beside the other as a projection leaves them
    const auto make = [&](std::int64_t heads) {
      return at::randn({sizes.rows, sizes.length, heads, sizes.head_size}, at::TensorOptions().device(device_))
          .to(runtime.compute)
          .transpose(1, 2)
          .requires_grad_(true);
    };
    q_ = make(sizes.heads);
    k_ = make(sizes.kv_heads);
    v_ = make(sizes.kv_heads);
    d_out_ = make(sizes.heads).detach();
    mask_.causal = causal;
    scale_ = 1.0 / std::sqrt(static_cast<double>(sizes.head_size));
  }

  Measured run() {
    once();
    Measured measured;
    if (device_.is_cpu()) {
      const CountingAllocator counter;
      once();
      measured.bytes = counter.peak();
    }
    std::vector<double> seconds;
    for (double all = 0; seconds.size() < 3 || (all < 1 && seconds.size() < 20); all += seconds.back()) {
      const auto start = std::chrono::steady_clock::now();
      once();
      seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    measured.milliseconds = 1e3 * median(seconds);
    return measured;
  }

 private:
  void once() {
    const auto out = mechanism_->forward({{q_, k_, v_}, mask_, scale_, Dropout{}}).out;
    const auto gradients = torch::autograd::grad({out}, {q_, k_, v_}, {d_out_});
    gradients.front().reshape({-1})[0].item<float>();  // sync
  }

  std::shared_ptr<AttentionMechanism> mechanism_;
  at::Device device_;
  at::Tensor q_, k_, v_, d_out_;
  AttentionMask mask_;
  double scale_;
};

// Every type is measured, whatever the config chooses, and reads its own keys: model.attention.window is of one alone.
Config config_with(BenchOptions options, AttentionType type) {
  options.settings.push_back("model.attention.type=full");  // which may stand everywhere
  const Config full = bench_config(options);
  options.settings.push_back(concat("model.attention.type=", name_of(type)));
  if (parts_of(full.model.architecture).cross_attention)
    options.settings.push_back("model.cross_attention={type: full}");
  return bench_config(options);
}

}  // namespace

OrderedJson bench_attention(const BenchOptions& options) {
  const Config config = config_with(options, AttentionType::full);
  const Runtime runtime = start_runtime(config.runtime);
  const auto& model = config.model;
  OrderedJson rows = OrderedJson::array();
  for (const auto type : values_of<AttentionType>())
    for (const bool causal : {true, false}) {
      const AttentionConfig attention = config_with(options, type).model.attention.front();
      const auto abilities = attention.abilities();
      if (!(causal ? abilities.self_causal : abilities.self_bidirectional) ||
          (options.use != "both" && causal != (options.use == "causal")))
        continue;
      for (std::int64_t length = 512; length <= options.tokens; length *= 2) {
        const Sizes sizes{options.tokens / length, model.num_heads, *model.num_kv_heads, length, *model.d_head};
        const auto measured = AttentionBench(attention, sizes, runtime, causal).run();
        rows.push_back({{"type", name_of(type)}, {"use", causal ? "causal" : "encoder"}, {"length", length},
                        {"milliseconds", std::round(1e3 * measured.milliseconds) / 1e3}, {"bytes", measured.bytes}});
      }
    }
  auto settings = machine_settings(runtime);
  settings["tokens"] = options.tokens;
  settings["heads"] = model.num_heads;
  settings["kv_heads"] = *model.num_kv_heads;
  settings["d_head"] = *model.d_head;
  settings["window"] =
      config_with(options, AttentionType::sliding_window).model.attention.front().as<SlidingWindowOptions>().window;
  return {{"bench", "attention"}, {"rows", rows}, {"settings", settings}, {"versions", versions()}};
}

}  // namespace attend
