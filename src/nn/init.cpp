#include "attend/nn/init.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <cmath>

#include "attend/nn/embedding.h"
#include "attend/nn/linear.h"

namespace attend {
namespace {

constexpr double kSmallStd = 0.02;

struct Initializer {
  const ModelConfig& config;
  at::Generator generator;

  double residual_scale(const std::string& name) const {
    if (!config.init.scale_residual) return 1.0;
    const bool decoder = name.starts_with("decoder");
    const std::int64_t in_decoder = parts_of(config.architecture).cross_attention ? 3 : 2;
    const auto sublayers = decoder ? in_decoder * config.decoder_layers : 2 * config.encoder_layers;
    return 1.0 / std::sqrt(static_cast<double>(sublayers));
  }

  // One projection: rows of a possibly fused weight.
  void fill_projection(at::Tensor weight, double scale) {
    const auto in = static_cast<double>(weight.size(1)), out = static_cast<double>(weight.size(0));
    switch (config.init.scheme) {
      case InitScheme::xavier_uniform: {
        const double bound = scale * std::sqrt(6.0 / (in + out));
        weight.uniform_(-bound, bound, generator);
        return;
      }
      case InitScheme::normal: weight.normal_(0.0, scale * config.init.std, generator); return;
      case InitScheme::linear: {
        const double bound = scale / std::sqrt(in);
        weight.uniform_(-bound, bound, generator);
        return;
      }
    }
  }

  void fill_parts(const Linear& linear, const std::string& name) {
    const double scale = linear.role().into_residual ? residual_scale(name) : 1.0;
    if (linear.role().parts.empty()) return fill_projection(linear.weight(), scale);
    std::int64_t row = 0;
    for (const auto& part : linear.role().parts) {
      fill_projection(linear.weight().narrow(0, row, part.rows), scale);
      row += part.rows;
    }
  }

  void fill_bias(const Linear& linear) {
    const double bound = 1.0 / std::sqrt(static_cast<double>(linear.in_features()));
    if (config.init.scheme == InitScheme::linear) linear.bias().uniform_(-bound, bound, generator);
    else linear.bias().zero_();
  }

  // A (V, D) table: embeddings, an untied output matrix, learned positions.
  void fill_table(const at::Tensor& table) {
    const double std = config.init.scheme == InitScheme::normal ? config.init.std
                                                                : 1.0 / std::sqrt(static_cast<double>(table.size(1)));
    table.normal_(0.0, std, generator);
  }

  // Projections and biases belong to a Linear alone.
  void fill(const TrainedModule& module, const TrainedModule::Parameter& parameter, const std::string& name) {
    switch (parameter.start) {
      case Start::projection: return fill_parts(dynamic_cast<const Linear&>(module), name);
      case Start::bias: return fill_bias(dynamic_cast<const Linear&>(module));
      case Start::table: return fill_table(parameter.value);
      case Start::small: parameter.value.normal_(0.0, kSmallStd, generator); return;
      case Start::zeros: parameter.value.zero_(); return;
    }
  }
};

}  // namespace

void initialize(torch::nn::Module& model, const ModelConfig& config, std::uint64_t seed) {
  torch::NoGradGuard no_grad;
  Initializer initializer{config, at::detail::createCPUGenerator(seed)};
  for (const auto& item : model.named_modules("", /*include_self=*/false)) {
    const auto* module = dynamic_cast<const TrainedModule*>(item.value().get());
    if (!module) continue;
    for (const auto& parameter : module->started()) initializer.fill(*module, parameter, item.key());
    const auto* embedding = dynamic_cast<const Embedding*>(module);
    if (embedding && embedding->padding_id() >= 0) embedding->table().master.select(0, embedding->padding_id()).zero_();
  }
}

}  // namespace attend
