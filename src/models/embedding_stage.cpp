// B batch, T length, D model.
#include "attend/models/embedding_stage.h"

#include <torch/types.h>

#include <cmath>

#include "attend/kernels/elementwise.h"

namespace attend {

EmbeddingStage::EmbeddingStage(const ModelConfig& config, const Options& options)
    : positions_(make_input_positions(options.position, config.d_model)),
      scale_(*config.scale_embeddings ? std::sqrt(static_cast<double>(config.d_model)) : 1.0),
      dropout_(*config.embedding_dropout),
      layer_(options.layer),
      padding_(options.padding) {
  if (positions_) register_module("positions", positions_);
  if (config.embedding_norm)
    norm_ = register_module("norm", std::make_shared<Norm>(config.norm, config.d_model, config.norm_eps, config.bias));
}

at::Tensor EmbeddingStage::position_rows(const StageInput& input) const {
  if (!positions_) return {};
  if (input.positions.defined()) return positions_->rows_at(input.positions);
  return positions_->rows(input.first, input.ids.size(1));
}

at::Tensor EmbeddingStage::forward(const Embedding& table, const StageInput& input,
                                   const ForwardContext& context) const {
  const kernels::EmbeddingInput look_up{input.ids, table.table().master, position_rows(input), scale_,
                                        padding_};
  const auto dropout = context.dropout(dropout_, layer_, Site::embedding);
  if (!norm_) return kernels::embed(look_up, dropout);
  const auto x = kernels::embed(look_up, Dropout{});
  return kernels::dropout(norm_->forward(x, x.scalar_type()), dropout);
}

}  // namespace attend
