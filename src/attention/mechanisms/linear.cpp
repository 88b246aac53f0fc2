// Linear attention (Katharopoulos et al. 2020): softmax's exp(q . k) replaced by phi(q) . phi(k), so that keys and
// values enter through sums of constant size.
//   out_i = phi(q_i) S_i / (phi(q_i) z_i + 1e-6),  S_i = sum phi(k_j) v_j^T,  z_i = sum phi(k_j)
//   phi: elu(x) + 1, or max(x, 0) + 0.001. With rotary positions S takes turned features, z plain ones (Su et al. 2021,
//   3.3).
//   The turns are pure: yarn's growth of turned vectors would grow the outputs, as z does not know it.
// Cost: T H^2 time; a decoding state of N H (H + 1) numbers, whatever the length. Sums are float32 (float64 of
// float64).
// A causal pass without a state runs in one float32 kernel on the CPU; the rest is tensor operations in chunks of C,
// with memory T H^2 / C.
// Limits: no probabilities, so neither weights nor attention dropout nor biases on scores.
#include "attend/attention/mechanisms/linear.h"

#include <torch/types.h>

#include "attend/core/error.h"
#include "attend/kernels/attention.h"
#include "attend/kernels/linear_attention.h"

namespace attend {
namespace {

// Running sums of one layer: of each hypothesis, or of each sentence in cross-attention. One tensor a product.
class SumsState final : public LayerState {
 public:
  explicit SumsState(AttentionUse use) : cross_(use == AttentionUse::cross) {}
  void reorder(const at::Tensor& hypothesis_rows) override {
    if (!cross_) select(hypothesis_rows);
  }
  void keep(const at::Tensor& sentence_rows) override {
    if (cross_) select(sentence_rows);
  }
  Mark mark() const override { return {length_, sums_}; }  // sums are replaced, never written to
  void rollback(const Mark& mark) override {
    if (cross_) return;
    length_ = mark.length;
    sums_ = mark.saved;
  }
  std::int64_t bytes() const override {
    std::int64_t all = 0;
    for (const auto& sums : sums_) all += static_cast<std::int64_t>(sums.nbytes());
    return all;
  }
  std::int64_t rows() const override { return sums_.empty() ? 0 : sums_.front().size(0); }
  std::int64_t length() const override { return cross_ ? 0 : length_; }

  at::Tensor sums(std::size_t product) const { return product < sums_.size() ? sums_[product] : at::Tensor(); }
  void put(std::vector<at::Tensor> next, std::int64_t added) {
    sums_ = std::move(next);
    length_ += added;
  }

 private:
  void select(const at::Tensor& rows) {
    for (auto& sums : sums_) sums = sums.index_select(0, rows);
  }
  bool cross_;
  std::int64_t length_ = 0;
  std::vector<at::Tensor> sums_;  // (rows, N, F, X)
};

// (B, N, T, H) turned where the layer has rotary positions.
at::Tensor turned(const at::Tensor& x, const AttentionInput& input) {
  const auto rows = x.transpose(1, 2).flatten(2);  // (B, T, N H)
  const auto first = input.state ? input.state->length() : 0;
  return input.rotary->turn(rows, x.size(1), first).unflatten(2, {x.size(1), x.size(3)}).transpose(1, 2);
}

}  // namespace

at::Tensor LinearAttention::features(const at::Tensor& x) const {
  const auto wide = x.to(x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  switch (feature_map_) {
    case FeatureMap::elu: return torch::elu(wide) + 1;
    case FeatureMap::relu: return wide.relu() + 1e-3;
  }
  TORCH_CHECK(false, "unreachable feature map");
}

kernels::LinearArguments LinearAttention::arguments_of(const AttentionInput& input) const {
  const std::int64_t N = input.heads.q().size(1);
  kernels::LinearArguments a{features(input.heads.q()), {}, {}, {}, {}, input.mask.segments};
  if (input.heads.k().defined()) {
    // Keys, not values: a padded key must leave the normaliser too.
    a.k = features(input.heads.k()), a.v = input.heads.v();
    if (input.mask.key_valid.defined()) a.k = a.k * input.mask.key_valid.unsqueeze(1).unsqueeze(3);
    a.k = kernels::per_query_head(a.k, N), a.v = kernels::per_query_head(a.v, N);
  }
  if (!input.rotary) return a;
  // The normaliser keeps the features as they are, so that it stays positive.
  a.plain_q = a.q, a.plain_k = a.k;
  a.q = turned(a.q, input);
  if (a.k.defined()) a.k = turned(a.k, input);
  return a;
}

AttentionOutput LinearAttention::forward(const AttentionInput& input) const {
  if (input.want_weights)
    throw ConfigError("[model.attention] linear has no attention weights; choose full where they are wanted");
  const auto arguments = arguments_of(input);
  const bool causal = input.mask.causal;
  const auto result = [&](const at::Tensor& out) {
    return AttentionOutput{out.to(input.heads.q().scalar_type()), {}, {}};
  };
  if (!input.state) {
    const bool fused = causal && kernels::fused_linear_attention_covers(arguments);
    return result(fused ? kernels::fused_linear_attention(arguments)
                        : kernels::reference_linear_attention(arguments, causal));
  }
  TORCH_CHECK(!arguments.segments.defined(), "[attention] linear: a state has no segments");
  auto& state = static_cast<SumsState&>(*input.state);
  std::vector<at::Tensor> mixed, sums;
  for (auto& product : kernels::linear_products(arguments)) {
    product.sums = state.sums(mixed.size());
    sums.push_back(kernels::linear_sums(product));
    mixed.push_back(causal ? kernels::causal_linear_products(product) : torch::matmul(product.q, sums.back()));
  }
  state.put(std::move(sums), arguments.k.defined() ? arguments.k.size(2) : 0);
  return result(kernels::normalised(mixed, input.heads.q().size(3)));
}

std::unique_ptr<LayerState> LinearAttention::make_state(const StateShape&, AttentionUse use) const {
  return std::make_unique<SumsState>(use);
}

}  // namespace attend
