// Linear attention (Katharopoulos et al. 2020): softmax's exp(q . k) replaced by phi(q) . phi(k), so that keys and values
// enter through sums of constant size.
//   phi: elu(x) + 1, or max(x, 0) + 0.001
// Cost: T H^2 time and memory of chunks; a decoding state of N H (H + 1) numbers, whatever the length. Sums are float32.
// Limits: no probabilities, so neither weights nor attention dropout nor biases on scores; no segments.
#include "attend/attention/mechanisms/linear.h"

#include <torch/types.h>

#include "attend/core/error.h"
#include "attend/kernels/linear_attention.h"

namespace attend {
namespace {

// Running sums of one layer: of each hypothesis, or of each sentence in cross-attention.
class SumsState final : public LayerState {
 public:
  explicit SumsState(AttentionUse use) : cross_(use == AttentionUse::cross) {}
  void reorder(const at::Tensor& hypothesis_rows) override {
    if (!cross_) select(hypothesis_rows);
  }
  void keep(const at::Tensor& sentence_rows) override {
    if (cross_) select(sentence_rows);
  }
  Mark mark() const override { return {length_, {sums}}; }  // sums are replaced, never written to
  void rollback(const Mark& mark) override {
    if (cross_) return;
    length_ = mark.length;
    sums = mark.saved.front();
  }
  std::int64_t bytes() const override { return sums.defined() ? static_cast<std::int64_t>(sums.nbytes()) : 0; }
  std::int64_t rows() const override { return sums.defined() ? sums.size(0) : 0; }
  std::int64_t length() const override { return cross_ ? 0 : length_; }
  void put(const at::Tensor& next, std::int64_t added) {
    sums = next;
    length_ += added;
  }

  at::Tensor sums;  // (rows, N, F, H + 1)

 private:
  void select(const at::Tensor& rows) {
    if (sums.defined()) sums = sums.index_select(0, rows);
  }
  bool cross_;
  std::int64_t length_ = 0;
};

at::Tensor per_query_head(const at::Tensor& x, std::int64_t N) { return x.size(1) == N ? x : x.repeat_interleave(N / x.size(1), 1); }

}  // namespace

at::Tensor LinearAttention::features(const at::Tensor& x) const {
  const auto wide = x.to(x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  switch (feature_map_) {
    case FeatureMap::elu: return torch::elu(wide) + 1;
    case FeatureMap::relu: return wide.relu() + 1e-3;
  }
  TORCH_CHECK(false, "unreachable feature map");
}

AttentionOutput LinearAttention::forward(const AttentionInput& input) {
  if (input.want_weights) throw ConfigError("[model.attention] linear has no attention weights; choose full where they are wanted");
  if (input.mask.segments.defined())
    throw ConfigError("[model.attention] linear cannot keep packed documents apart; choose data.sampling random_blocks or sequential");
  const std::int64_t N = input.q.size(1);
  auto* state = static_cast<SumsState*>(input.state);
  kernels::LinearAttentionArguments arguments{features(input.q), {}, {}, state ? state->sums : at::Tensor()};
  if (input.k.defined()) {
    auto k = features(input.k);
    // Keys, not values: a padded key must leave the normaliser too.
    if (input.mask.key_valid.defined()) k = k * input.mask.key_valid.unsqueeze(1).unsqueeze(3);
    arguments.k = per_query_head(k, N);
    arguments.v = per_query_head(input.v.to(k.scalar_type()), N);
  }
  const auto type = input.q.scalar_type();
  if (!state && input.mask.causal) return {kernels::causal_linear_attention(arguments).to(type), {}, {}};
  const auto sums = kernels::linear_attention_sums(arguments);
  const auto out = input.mask.causal ? kernels::causal_linear_attention(arguments) : kernels::linear_attention_over(arguments.q, sums);
  if (state) state->put(sums, input.k.defined() ? input.k.size(2) : 0);
  return {out.to(type), {}, {}};
}

std::unique_ptr<LayerState> LinearAttention::make_state(const StateShape&, AttentionUse use) const { return std::make_unique<SumsState>(use); }

}  // namespace attend
