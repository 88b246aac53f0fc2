#include "attend/nn/init.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/types.h>

#include <cmath>

#include "attend/nn/embedding.h"
#include "attend/nn/linear.h"
#include "attend/nn/vocabulary_head.h"

namespace attend {
namespace {

constexpr double kRelativeStd = 0.02;

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

  void fill(const Linear& linear, const std::string& name) {
    const double scale = linear.role().into_residual ? residual_scale(name) : 1.0;
    std::int64_t row = 0;
    for (const std::int64_t rows : linear.role().parts) {
      fill_projection(linear.weight().narrow(0, row, rows), scale);
      row += rows;
    }
    if (!linear.bias().defined()) return;
    const double bound = 1.0 / std::sqrt(static_cast<double>(linear.in_features()));
    if (config.init.scheme == InitScheme::linear) {
      linear.bias().uniform_(-bound, bound, generator);
    } else {
      linear.bias().zero_();
    }
  }

  // A (V, D) table: embeddings, an untied output matrix, learned positions.
  void fill_table(const at::Tensor& table) {
    const double std = config.init.scheme == InitScheme::normal ? config.init.std
                                                                : 1.0 / std::sqrt(static_cast<double>(table.size(1)));
    table.normal_(0.0, std, generator);
  }
};

}  // namespace

void initialize(torch::nn::Module& model, const ModelConfig& config, std::uint64_t seed) {
  torch::NoGradGuard no_grad;
  Initializer initializer{config, at::detail::createCPUGenerator(seed)};
  for (const auto& item : model.named_modules("", /*include_self=*/false)) {
    if (const auto* linear = dynamic_cast<const Linear*>(item.value().get())) {
      initializer.fill(*linear, item.key());
    } else if (const auto* embedding = dynamic_cast<const Embedding*>(item.value().get())) {
      initializer.fill_table(embedding->table().master);
      if (embedding->padding_id() >= 0) embedding->table().master.select(0, embedding->padding_id()).zero_();
    } else {
      // Output matrices and learned position tables: every other module's own matrices. What distances bring to scores
      // starts small beside q . k.
      for (const auto& parameter : item.value()->named_parameters(/*recurse=*/false)) {
        if (parameter.value().dim() != 2) continue;
        if (parameter.key().starts_with("relative_"))
          parameter.value().normal_(0.0, kRelativeStd, initializer.generator);
        else initializer.fill_table(parameter.value());
      }
    }
  }
}

}  // namespace attend
