// The roof: how fast this machine multiplies matrices, through the same library that the models use. M, N, K:
// an (M, K) matrix times a (K, N) one.
#include <torch/types.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "attend/core/text.h"
#include "attend/models/build.h"
#include "bench.h"

namespace attend {
namespace {

struct Product {
  std::int64_t m = 0, n = 0, k = 0;
  auto operator<=>(const Product&) const = default;
};

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Returns the median of a third of a second of repeated products, each x W^T as in a linear layer. Where the machine
// emulates a format, so that five products take longer than a second, fewer are enough.
double gflops(const Product& product, at::ScalarType type, at::Device device) {
  const auto options = at::TensorOptions().device(device);
  const auto x = at::randn({product.m, product.k}, options).to(type);
  const auto weight = at::randn({product.n, product.k}, options).to(type);
  const double work =
      2e-9 * static_cast<double>(product.m) * static_cast<double>(product.n) * static_cast<double>(product.k);
  auto out = at::empty({product.m, product.n}, x.options());
  const auto once = [&](int times) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < times; ++i) at::mm_out(out, x, weight.t());
    out.view(-1)[0].item<float>();  // sync
    return seconds_since(start) / times;
  };
  once(1);
  const int times = std::max(1, static_cast<int>(0.01 / std::max(once(1), 1e-6)));
  std::vector<double> seconds;
  const auto start = std::chrono::steady_clock::now();
  const auto is_enough = [&](double passed) { return seconds.size() < 5 ? passed > 1.0 : passed > 0.33; };
  while (seconds.empty() || !is_enough(seconds_since(start))) seconds.push_back(once(times));
  return work / median(seconds);
}

std::vector<Product> squares(at::Device device) {
  std::vector<Product> products;
  for (const std::int64_t size :
       device.is_cuda() ? std::vector<std::int64_t>{4096, 8192} : std::vector<std::int64_t>{512, 1024, 2048})
    products.push_back({size, size, size});
  return products;
}

// The products of the config's layers for one batch of tokens.
std::vector<Product> products_of(const Config& config) {
  const auto& tokenizers = config.data.tokenizer;
  Vocabularies vocabularies{tokenizers.source.vocab_size,
                            (tokenizers.shared() ? tokenizers.source : tokenizers.target).vocab_size};
  const auto model = build_model(config, vocabularies);
  const auto& batch = config.data.batch;
  const bool counts_blocks = batch.unit == BatchUnit::sequences && config.task == TaskType::language_model;
  const std::int64_t tokens = batch.size.value_or(4096) * (counts_blocks ? config.data.block_size : 1);
  std::set<Product> products{{tokens, vocabularies.target, config.model.d_model}};
  for (const auto& item : model->named_parameters())
    if (item.value().dim() == 2 && (item.key().starts_with("encoder.") || item.key().starts_with("decoder.")))
      products.insert({tokens, item.value().size(0), item.value().size(1)});
  return {products.begin(), products.end()};
}

}  // namespace

double gemm_peak_gflops(const Runtime& runtime) {
  double peak = 0;
  for (const auto& product : squares(runtime.device))
    peak = std::max(peak, gflops(product, runtime.compute, runtime.device));
  return peak;
}

ProductFlops product_flops(const Model& model) {
  ProductFlops flops;
  std::int64_t width = 0;
  for (const auto& item : model.named_parameters()) {
    const auto& name = item.key();
    if (item.value().dim() != 2) continue;
    const auto work = 2.0 * static_cast<double>(item.value().numel());
    const bool of_source =
        name.starts_with("encoder.") || name.find("cross_attention.kv") != std::string::npos;
    if (of_source) flops.source += work;
    if (!of_source && name.starts_with("decoder.")) flops.target += work;
    if (name.ends_with("embedding.weight")) width = item.value().size(1);
  }
  flops.target += 2.0 * static_cast<double>(width) * static_cast<double>(model.vocabularies().target);
  return flops;
}

OrderedJson bench_gemm(const BenchOptions& options) {
  const Config config = bench_config(options);
  const Runtime runtime = start_runtime(config.runtime);
  auto products = squares(runtime.device);
  if (!options.config.empty())
    for (const auto& product : products_of(config)) products.push_back(product);
  double peak = 0;
  OrderedJson rows = OrderedJson::array();
  for (const auto& product : products)
    for (const auto type : {at::kFloat, at::kBFloat16}) {
      const double rate = gflops(product, type, runtime.device);
      if (type == runtime.compute) peak = std::max(peak, rate);
      rows.push_back({{"m", product.m},
                      {"n", product.n},
                      {"k", product.k},
                      {"precision", type == at::kFloat ? "fp32" : "bf16"},
                      {"gflops", std::lround(rate)}});
    }
  return {{"bench", "gemm"},
          {"gemm_peak_gflops", std::lround(peak)},
          {"rows", rows},
          {"settings", machine_settings(runtime)},
          {"versions", versions()}};
}

}  // namespace attend
