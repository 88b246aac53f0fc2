// Milliseconds of each kernel beside its reference, forward and backward, at the sizes of the Multi30k model. Hidden:
// attend_tests "[.bench]". The least of a few repetitions, since other programs share the machine.
#include <ATen/Functions.h>

#include <chrono>
#include <cstdio>

#include "attend/kernels/attention.h"
#include "attend/kernels/cross_entropy.h"
#include "attend/kernels/elementwise.h"
#include "attend/kernels/gather.h"
#include "attend/kernels/linear_attention.h"
#include "attend/kernels/norm.h"
#include "attend/kernels/optimizer.h"
#include "tests/kernels/compare.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t B = 292, T = 14, D = 128, F = 256, N = 4, V = 10000;
const auto kLow = at::kBFloat16;

double milliseconds(const std::function<void()>& f) {
  double best = 1e9;
  for (int i = 0; i < 12; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    best = std::min(best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

void row(const char* name, const Function& fast, const Function& plain, const std::vector<at::Tensor>& inputs) {
  double times[4];
  const Function* both[] = {&fast, &plain};
  for (int i = 0; i < 2; ++i) {
    const Function& f = *both[i];
    const at::Tensor y = f(inputs), dy = at::ones_like(y);
    times[2 * i] = milliseconds([&] { f(inputs); });
    times[2 * i + 1] = milliseconds([&] { torch::autograd::grad({y}, inputs, {dy}, true); });
  }
  std::printf("%-28s %8.3f %8.3f   %8.3f %8.3f\n", name, times[0], times[1], times[2], times[3]);
}

// Without a backward: what decoding alone calls.
void row(const char* name, const std::function<void()>& fast, const std::function<void()>& plain) {
  std::printf("%-28s %8.3f %8s   %8.3f\n", name, milliseconds(fast), "", milliseconds(plain));
}

}  // namespace

TEST_CASE("kernels: bench", "[.bench]") {
  std::printf("%-28s %8s %8s   %8s %8s\n", "ms", "forward", "backward", "plain fw", "plain bw");
  const Dropout d = make_dropout(0.3), light = make_dropout(0.1);
  row(
      "add_dropout fp32 + bf16", [&](auto& x) { return kernels::add_dropout(x[0], x[1], d); },
      [&](auto& x) { return kernels::reference::add_dropout(x[0], x[1], d); },
      {random({B, T, D}), random({B, T, D}, kLow)});
  row("activate relu bf16", [&](auto& x) { return kernels::activate(x[0], Activation::relu, light); },
      [&](auto& x) { return kernels::reference::activate(x[0], Activation::relu, light); }, {random({B, T, F}, kLow)});
  row(
      "activate swiglu bf16", [&](auto& x) { return kernels::activate(x[0], Activation::swiglu, light); },
      [&](auto& x) { return kernels::reference::activate(x[0], Activation::swiglu, light); },
      {random({B, T, 2 * F}, kLow)});
  row(
      "layer_norm fp32 -> bf16", [&](auto& x) { return kernels::layer_norm(x[0], x[1], x[2], 1e-5, kLow); },
      [&](auto& x) { return kernels::reference::layer_norm(x[0], x[1], x[2], 1e-5, kLow); },
      {random({B, T, D}), random({D}), random({D})});
  const at::Tensor ids = at::randint(1, V, {B, T}, at::kLong), positions = at::randn({T, D});
  row("embed", [&](auto& x) { return kernels::embed({ids, x[0], positions, 11.3, 0}, d); },
      [&](auto& x) { return kernels::reference::embed({ids, x[0], positions, 11.3, 0}, d); }, {random({V, D})});
  kernels::AttentionArguments options;
  options.causal = true;
  options.scale = 0.177;
  options.dropout = light;
  const auto head = [](const at::Tensor& x, int i) {
    return x.slice(2, i * D, (i + 1) * D).unflatten(2, {N, D / N}).transpose(1, 2);
  };
  row("self attention bf16", [&](auto& x) { return kernels::fused_self_attention(x[0], {N, N}, options).out; },
      [&](auto& x) {
        kernels::AttentionArguments a = options;
        a.q = head(x[0], 0), a.k = head(x[0], 1), a.v = head(x[0], 2);
        return kernels::reference_attention(a).out;
      },
      {random({B, T, 3 * D}, kLow)});
  const auto features = [](const at::Tensor& x) { return at::elu(x) + 1; };
  const auto linear = [&](const std::vector<at::Tensor>& x) {
    return kernels::LinearArguments{features(x[0]), features(x[1]), x[2], {}, {}};
  };
  row("linear attention, 1,024", [&](auto& x) { return kernels::fused_linear_attention(linear(x)); },
      [&](auto& x) { return kernels::reference_linear_attention(linear(x), true); },
      {random({1, 8, 1024, 64}), random({1, 8, 1024, 64}), random({1, 8, 1024, 64})});
  const Function project = [&](auto& x) {
    return kernels::linear(x[0], {x[1], x[1].detach().to(kLow)}, {x[2], x[2].detach().to(kLow)});
  };
  row("linear D -> F bf16", project, [&](auto& x) { return at::linear(x[0], x[1].to(kLow), x[2].to(kLow)); },
      {random({B, T, D}, kLow), random({F, D}), random({F})});
  const at::Tensor labels = ids.flatten();
  const auto loss = [&](const std::vector<at::Tensor>& x) {
    kernels::CrossEntropyInput in;
    in.hidden = x[0];
    in.weight = {x[1], x[1].detach().to(kLow)};
    in.labels = labels;
    in.smoothing = 0.1;
    return in;
  };
  row(
      "cross_entropy bf16", [&](auto& x) { return kernels::cross_entropy(loss(x)).smoothed; },
      [&](auto& x) { return kernels::reference::cross_entropy(loss(x)).smoothed; },
      {random({B * T, D}, kLow), random({V, D})});
  const at::Tensor keys = at::randn({5 * B, N, 32, D / N}), values = at::randn_like(keys),
                   beams = at::randint(5 * B, {5 * B}, at::kLong);
  row("gather_rows, a beam's step", [&] { kernels::gather_rows(keys, beams, {2, T}); },
      [&] { kernels::reference_gather_rows(keys, beams, {2, T}); });
  kernels::AttentionArguments step;
  step.q = at::randn({5 * B, N, 1, D / N}), step.k = keys.narrow(2, 0, T), step.v = values.narrow(2, 0, T),
  step.scale = 0.177;
  row("attention, a beam's step", [&] { kernels::fused_attention(step); }, [&] { kernels::reference_attention(step); });
  const std::int64_t P = 2 * V * D + 1400000;
  const kernels::AdamBuffers buffers{at::randn({P}), at::randn({P}), at::zeros({P}), at::zeros({P}),
                                     at::zeros({P}, kLow)};
  std::printf("%-28s %8.3f\n", "adam, 4 M weights",
              milliseconds([&] { kernels::adam(buffers, at::tensor(1.0f), {}); }));
  std::printf("%-28s %8.3f\n", "norm, 4 M", milliseconds([&] { kernels::norm(buffers.gradients); }));
}
