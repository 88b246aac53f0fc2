#include <torch/types.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include "attend/core/file.h"
#include "attend/models/build.h"
#include "tests/support/options.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

using Shapes = std::map<std::string, std::vector<std::string>>;  // shapes as the page writes them, by name

bool is_tensor(const std::string& name) {
  return name.ends_with(".weight") || name.ends_with(".bias") || name.find(".relative_") != std::string::npos;
}

// Rows "| `name` | shape | ..." of docs/parameter-names.md that name a tensor.
Shapes documented() {
  const char* checkout = std::getenv("ATTEND_SOURCE");
  std::istringstream page(read_file(fs::path(checkout ? checkout : ".") / "docs/parameter-names.md", 1 << 20));
  Shapes shapes;
  for (std::string line; std::getline(page, line);) {
    const auto end = line.find("` | ");
    if (!line.starts_with("| `") || end == std::string::npos) continue;
    const std::string name = line.substr(3, end - 3);
    if (!is_tensor(name)) continue;
    std::istringstream sizes(line.substr(end + 4, line.find(" |", end + 4) - end - 4));
    for (std::string size; std::getline(sizes, size, ',');)
      shapes[name].push_back(size.substr(size.find_first_not_of(' ')));
  }
  return shapes;
}

// encoder.layers.3.x -> encoder.layers.I.x, t5_32_128 -> t5_K_X
std::string pattern_of(const std::string& name) {
  if (const auto t5 = name.find(".t5_"); t5 != std::string::npos)
    return name.substr(0, t5) + ".t5_K_X" + name.substr(name.find('.', t5 + 1));
  const auto layers = name.find(".layers.");
  if (layers == std::string::npos) return name;
  return name.substr(0, layers + 8) + "I" + name.substr(name.find('.', layers + 8));
}

constexpr std::int64_t kSource = 11, kTarget = 13, kPlaces = 7;

std::map<std::string, std::int64_t> letters(const ModelConfig& m) {
  const auto N = m.num_heads, M = *m.num_kv_heads, H = *m.d_head;
  return {{"D", m.d_model}, {"N H", N * H},   {"(N + 2 M) H", (N + 2 * M) * H}, {"2 M H", 2 * M * H},
          {"F", m.d_ff},    {"Vs", kSource},  {"U", m.d_ff * (is_gated(m.activation) ? 2 : 1)},
          {"Vt", kTarget},  {"L", kPlaces},   {"K", T5Options{}.buckets}, {"N", N}, {"H", H},
          {"2 X + 1", 2 * ShawOptions{}.max_distance + 1}};
}

// Compares one model with the page and notes the rows it met.
void compare(Config config, const Shapes& page, std::set<std::string>& met) {
  resolve(config);
  Vocabularies vocabularies;
  vocabularies.source = config.model.tie_embeddings == TieEmbeddings::all ? kTarget : kSource;
  vocabularies.target = kTarget;
  const auto model = build_model(config, vocabularies);
  const auto values = letters(config.model);
  for (const auto& item : model->named_parameters()) {
    INFO(item.key());
    const auto row = page.find(pattern_of(item.key()));
    REQUIRE(row != page.end());
    std::vector<std::int64_t> shape;
    for (const auto& letter : row->second) shape.push_back(values.at(letter));
    CHECK(item.value().sizes().vec() == shape);
    met.insert(row->first);
  }
}

struct Variant {
  TieEmbeddings tie;
  NormType norm;
  bool bias;
};

Config small(Architecture architecture, const Variant& variant) {
  const auto [tie, norm, bias] = variant;
  Config config;
  ModelConfig& m = config.model;
  m.architecture = architecture;
  m.d_model = 12;
  m.num_heads = 6;
  m.num_kv_heads = 3;
  m.d_head = 4;
  m.d_ff = 10;
  m.encoder_layers = m.decoder_layers = 2;
  m.tie_embeddings = tie;
  m.norm = norm;
  m.bias = bias;
  m.output_bias = m.embedding_norm = bias;
  m.activation = bias ? Activation::relu : Activation::swiglu;
  m.position[0] = test::position_of(bias ? PositionType::learned : PositionType::sinusoidal, kPlaces);
  return config;
}

}  // namespace

TEST_CASE("policy: every tensor of a model stands in docs/parameter-names.md with its shape, and no others do") {
  const Shapes page = documented();
  std::set<std::string> met;
  for (const auto tie : {TieEmbeddings::all, TieEmbeddings::decoder, TieEmbeddings::none})
    for (const auto norm : values_of<NormType>())
      for (const bool bias : {false, true})
        for (const auto architecture : values_of<Architecture>())
          compare(small(architecture, {tie, norm, bias}), page, met);
  for (const auto position : values_of<PositionType>())
    for (const auto architecture : values_of<Architecture>()) {
      Config config = small(architecture, {TieEmbeddings::all, NormType::layer_norm, false});
      config.model.position[0] = test::position_of(position, kPlaces);
      config.model.attention[0].qk_norm = QkNorm::rms;
      compare(config, page, met);
    }
  for (const auto& [name, shape] : page) {
    INFO(name);
    CHECK(met.contains(name));
  }
}
