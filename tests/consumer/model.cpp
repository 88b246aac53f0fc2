#include <attend/attend.h>

#include <cmath>
#include <cstdio>

// A small model, from a config in text to the loss of one batch.
int main() {
  const auto config =
      attend::parse_config(
          "model: {d_model: 32, num_heads: 2, d_ff: 64, encoder_layers: 1, decoder_layers: 1}", "here")
          .config;
  attend::Vocabularies vocabularies;
  vocabularies.source = vocabularies.target = 20;
  const auto model = attend::build_encoder_decoder(config, vocabularies);
  const auto ids = at::arange(4, 16, at::kLong).view({2, 6});
  const auto terms = model->loss(ids, ids, ids, attend::ForwardContext{});
  const double loss = terms.front().sum.item<double>() / terms.front().count.item<double>();
  std::printf("loss %.3f, ln 20 = %.3f\n", loss, std::log(20.0));
  return std::isfinite(loss) && loss > 0 ? 0 : 1;
}
