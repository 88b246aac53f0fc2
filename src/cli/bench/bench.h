// What the parts of `attend bench` share: the options, the roof of the machine, and what a model's products
// cost.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "attend/cli/common.h"
#include "attend/config/config.h"
#include "attend/models/encoder_decoder.h"
#include "attend/tensor/runtime.h"

namespace attend {

using OrderedJson = nlohmann::ordered_json;

struct BenchOptions {
  std::string config, model, input;
  std::vector<std::string> settings;
  std::string format = "text";
  std::int64_t warmup = 8, windows = 5, steps = 8, workers = 1;
  std::int64_t tokens = 16384;  // of attention
  std::string use = "causal";
  RuntimeOptions runtime;
};

OrderedJson bench_train(const BenchOptions& options);
OrderedJson bench_decode(const BenchOptions& options);
OrderedJson bench_gemm(const BenchOptions& options);
OrderedJson bench_attention(const BenchOptions& options);

// --config (or the defaults), --set and the runtime options; the data it names need not be there.
Config bench_config(const BenchOptions& options);

// GFLOP/s of the fastest of a few square products in runtime.compute.
double gemm_peak_gflops(const Runtime& runtime);

// Floating-point operations of a forward pass in products with weights: 2 a weight. Attention's own products,
// of queries with keys, are not counted.
struct ProductFlops {
  double source = 0, target = 0;  // a token of either side
};
ProductFlops product_flops(const Model& model);

double median(std::vector<double> values);
// Whole numbers for what is in the thousands: noise has no decimals.
std::vector<std::int64_t> rounded(const std::vector<double>& values);

// The keys "settings" (the machine's part) and "versions" of every result.
OrderedJson machine_settings(const Runtime& runtime);
OrderedJson versions();

}  // namespace attend
