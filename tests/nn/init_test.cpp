// Initial weights: measured spread of every kind of weight under every scheme.
#include "attend/nn/init.h"

#include <cmath>

#include "tests/support/tiny_model.h"

using namespace attend;
using namespace attend::test;

namespace {

constexpr std::int64_t D = 64, F = 160;

using Parameters = torch::OrderedDict<std::string, at::Tensor>;

Parameters parameters_of_scheme(InitScheme scheme, bool scale_residual = false) {
  Config config = tiny_config();
  config.model.d_model = D;
  config.model.d_ff = F;
  config.model.num_kv_heads = 1;  // H 16: queries 64 rows, keys and values 16 each
  config.model.activation = Activation::swiglu;
  config.model.tie_embeddings = TieEmbeddings::none;
  config.model.output_bias = true;
  config.model.position[0].choose(PositionType::learned);
  config.model.init.scheme = scheme;
  config.model.init.std = 0.03;
  config.model.init.scale_residual = scale_residual;
  return tiny_model(config)->named_parameters();
}

// Uniform up to the bound: nothing beyond, something near, and the standard deviation of U(-b, b).
void require_uniform(const at::Tensor& weight, double bound) {
  REQUIRE(weight.abs().max().item<double>() <= bound * (1 + 1e-6));
  REQUIRE(weight.abs().max().item<double>() >= bound * 0.9);
  REQUIRE(weight.std().item<double>() == Approx(bound / std::sqrt(3.0)).epsilon(0.06));
}

void require_normal(const at::Tensor& weight, double std) {
  REQUIRE(weight.std().item<double>() == Approx(std).epsilon(0.08));
  REQUIRE(std::abs(weight.mean().item<double>()) <= 0.15 * std);
}

double glorot(double in, double out) { return std::sqrt(6.0 / (in + out)); }

}  // namespace

TEST_CASE("init: xavier takes each fused projection by its own fan") {
  const auto p = parameters_of_scheme(InitScheme::xavier_uniform);
  const auto qkv = p["encoder.layers.0.self_attention.qkv.weight"];
  require_uniform(qkv.narrow(0, 0, 64), glorot(D, 64));
  require_uniform(qkv.narrow(0, 64, 16), glorot(D, 16));
  require_uniform(qkv.narrow(0, 80, 16), glorot(D, 16));
  const auto kv = p["decoder.layers.1.cross_attention.kv.weight"];
  require_uniform(kv.narrow(0, 0, 16), glorot(D, 16));
  require_uniform(kv.narrow(0, 16, 16), glorot(D, 16));
  require_uniform(p["decoder.layers.1.cross_attention.q.weight"], glorot(D, D));
  const auto up = p["decoder.layers.0.feed_forward.up.weight"];
  require_uniform(up.narrow(0, 0, F), glorot(D, F));
  require_uniform(up.narrow(0, F, F), glorot(D, F));
  require_uniform(p["decoder.layers.0.feed_forward.down.weight"], glorot(F, D));
  REQUIRE(p["decoder.layers.0.feed_forward.up.bias"].eq(0).all().item<bool>());
}

TEST_CASE("init: normal has one standard deviation everywhere") {
  const auto p = parameters_of_scheme(InitScheme::normal);
  for (const auto& item : p) {
    INFO(item.key());
    if (item.value().dim() != 2) continue;
    const bool embedding = item.key().ends_with("embedding.weight");
    require_normal(embedding ? item.value().narrow(0, 1, kTinyVocabulary - 1) : item.value(), 0.03);
  }
  REQUIRE(p["encoder.layers.0.self_attention.qkv.bias"].eq(0).all().item<bool>());
}

TEST_CASE("init: linear is uniform by the inputs, biases too") {
  const auto p = parameters_of_scheme(InitScheme::linear);
  require_uniform(p["encoder.layers.0.self_attention.qkv.weight"], 1 / std::sqrt(64.0));
  require_uniform(p["encoder.layers.0.feed_forward.down.weight"], 1 / std::sqrt(160.0));
  require_uniform(p["encoder.layers.0.feed_forward.up.bias"], 1 / std::sqrt(64.0));
}

TEST_CASE("init: tables are normal by their width, padding rows 0, norms 1 and 0") {
  const auto scheme = GENERATE(InitScheme::xavier_uniform, InitScheme::linear);
  const auto p = parameters_of_scheme(scheme);
  for (const auto* name : {"source_embedding.weight", "target_embedding.weight"}) {
    REQUIRE(p[name][0].eq(0).all().item<bool>());
    require_normal(p[name].narrow(0, 1, kTinyVocabulary - 1), 1 / std::sqrt(64.0));
  }
  require_normal(p["head.weight"], 1 / std::sqrt(64.0));
  require_normal(p["encoder_input.positions.weight"], 1 / std::sqrt(64.0));
  REQUIRE(p["head.bias"].eq(0).all().item<bool>());
  int norms = 0;
  for (const auto& item : p) {
    if (item.key().find("norm") == std::string::npos) continue;
    REQUIRE(item.value().eq(item.key().ends_with("weight") ? 1 : 0).all().item<bool>());
    ++norms;
  }
  REQUIRE(norms == 2 * (2 * 2 + 2 * 3 + 2));  // sublayers of two encoder and two decoder layers, final norms
}

TEST_CASE("init: scale_residual shrinks the projections into the residual stream, and nothing else") {
  const auto scheme = GENERATE(InitScheme::xavier_uniform, InitScheme::normal, InitScheme::linear);
  const auto plain = parameters_of_scheme(scheme), scaled = parameters_of_scheme(scheme, true);
  for (const auto& item : plain) {
    INFO(item.key());
    const std::string& name = item.key();
    const bool residual = name.ends_with("attention.out.weight") || name.ends_with("feed_forward.down.weight");
    const double sublayers = !residual ? 1 : name.starts_with("decoder") ? 6 : 4;
    REQUIRE(torch::allclose(scaled[name] * std::sqrt(sublayers), item.value(), 1e-5, 1e-7));
  }
}
