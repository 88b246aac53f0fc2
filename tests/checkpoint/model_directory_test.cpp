// A model as a directory: what is written comes back, and every way to break it is named.
#include "attend/checkpoint/model_directory.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/storage/manifest.h"
#include "tests/support/characters.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_model.h"

using namespace attend;
using namespace attend::test;
namespace fs = std::filesystem;

namespace {

struct Written {
  Config config;
  Tokenizers tokenizers;
  NamedTensors parameters;
  fs::path path;
};

// A model with one or two vocabularies.
Written write_tiny(const Scratch& scratch, bool shared) {
  Written written{tiny_config(), {}, {}, scratch / "model"};
  const auto source = characters_of(scratch, "abcde\n");
  written.tokenizers = {source, shared ? source : characters_of(scratch, "vwxyz tu\n")};
  written.config.data.tokenizer.source.shared = shared;
  resolve(written.config);
  const auto model = build_encoder_decoder(written.config, vocabularies_of(written.tokenizers));
  written.parameters = parameters_of(*model);
  return written;
}

void commit(const Written& written) {
  AtomicDirectory directory(written.path);
  write_model(directory, written.config, written.parameters, written.tokenizers);
  directory.commit();
}

std::string message_of(const Written& written) {
  commit(written);
  try {
    load_model(written.path, {});
  } catch (const ModelError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("model directory: what was written is loaded, with one vocabulary or two") {
  const bool shared = GENERATE(true, false);
  const Scratch scratch;
  const auto written = write_tiny(scratch, shared);
  commit(written);
  std::vector<std::string> names = {"source.vocab.json", "target.vocab.json"};
  if (shared) names = {"vocab.json"};
  for (const auto& name : names)
    REQUIRE(fs::exists(written.path / name));
  const auto loaded = load_model(written.path, {});
  REQUIRE(loaded.path == written.path);
  REQUIRE(loaded.tokenizers.shared() == shared);
  REQUIRE(loaded.tokenizers.target->serialized() == written.tokenizers.target->serialized());
  REQUIRE(loaded.config.model.d_model == written.config.model.d_model);
  const auto parameters = parameters_of(*loaded.model);
  REQUIRE(parameters.size() == written.parameters.size());
  for (const auto& [name, tensor] : written.parameters) REQUIRE(torch::equal(parameters.at(name), tensor));
}

TEST_CASE("model directory: a byte-level BPE stands in it as tokenizer.json, one file or two") {
  const bool shared = GENERATE(true, false);
  const Scratch scratch;
  TokenizerConfig config;
  config.type = TokenizerType::bpe;
  config.vocab_size = 262;
  const auto source = train_tokenizer(config, lines_of({scratch.file("source.txt", "abc abc\n")}));
  const auto target = train_tokenizer(config, lines_of({scratch.file("target.txt", "xyz xyz\n")}));
  auto written = write_tiny(scratch, shared);
  written.tokenizers = {source, shared ? source : target};
  commit(written);
  std::vector<std::string> names = {"source.tokenizer.json", "target.tokenizer.json"};
  if (shared) names = {"tokenizer.json"};
  for (const auto& name : names) REQUIRE(fs::exists(written.path / name));
  const auto loaded = load_tokenizers(written.path);
  REQUIRE(loaded.shared() == shared);
  REQUIRE(loaded.source->serialized() == source->serialized());
  REQUIRE(loaded.target->serialized() == written.tokenizers.target->serialized());
}

TEST_CASE("model directory: a flipped byte in any file is a model error that names the file") {
  const Scratch scratch;
  const auto written = write_tiny(scratch, true);
  commit(written);
  for (const auto* name : {"config.yaml", "model.safetensors", "vocab.json"}) {
    const auto kept = slurp(written.path / name);
    auto broken = kept;
    broken[broken.size() / 2] = static_cast<char>(broken[broken.size() / 2] ^ 1);
    std::ofstream(written.path / name, std::ios::binary) << broken;
    REQUIRE_THROWS_AS(load_model(written.path, {}), ModelError);
    REQUIRE_THROWS_WITH(load_model(written.path, {}), Catch::Contains(name));
    std::ofstream(written.path / name, std::ios::binary) << kept;
  }
  REQUIRE_NOTHROW(load_model(written.path, {}));
}

TEST_CASE("model directory: a missing, unknown or wrongly shaped tensor is named") {
  const std::string name = "decoder.layers.1.cross_attention.kv.weight";
  const Scratch scratch;
  auto written = write_tiny(scratch, true);
  const auto tensor = written.parameters.at(name);
  written.parameters.erase(name);
  REQUIRE_THAT(message_of(written), Catch::Contains(name) && Catch::Contains("none of that name"));
  written.parameters[name] = tensor.narrow(0, 0, 3);
  REQUIRE_THAT(message_of(written), Catch::Contains(name) && Catch::Contains("shape"));
  written.parameters[name] = tensor;
  written.parameters["surplus"] = tensor;
  REQUIRE_THAT(message_of(written), Catch::Contains("surplus"));
  written.parameters.erase("surplus");
  REQUIRE(message_of(written) == "no error");
}

TEST_CASE("model directory: a vocabulary that does not belong to the weights is named with what to do") {
  const Scratch scratch;
  auto written = write_tiny(scratch, true);
  const auto other = characters_of(scratch, "abcdefgh\n");
  written.tokenizers = {other, other};
  REQUIRE_THAT(message_of(written), Catch::Contains("embedding.weight") && Catch::Contains("vocabulary"));
}

TEST_CASE(
    "model directory: a config whose tables of positions are larger than the file is refused before they are made") {
  const Scratch scratch;
  auto written = write_tiny(scratch, true);
  T5Options t5;
  t5.max_distance = t5.buckets = 1'000'000;
  for (const PositionConfig& position :
       std::vector<PositionConfig>{LearnedOptions{1'000'000}, ShawOptions{1'000'000}, t5}) {
    written.config.model.decoder_position = {position};
    REQUIRE_THAT(message_of(written), Catch::Contains("the two files do not belong together"));
  }
}

TEST_CASE("model directory: no tokenizer, or half of a pair, is a model error") {
  const Scratch scratch;
  fs::create_directories(scratch / "none");
  REQUIRE_THROWS_AS(load_tokenizers(scratch / "none"), ModelError);
  scratch.file("none/source.vocab.json", characters_of(scratch, "abc\n")->serialized());
  REQUIRE_THROWS_AS(load_tokenizers(scratch / "none"), ModelError);
}

namespace {

struct Drawn final : TrainedModule {
  Drawn() {
    weight = start_parameter("weight", torch::randn({2, 2}), Start::table);
    features = save_buffer("features", torch::randn({3}));
    plan = save_buffer("plan", torch::randint(0, 9, {4}, torch::kInt32));
    plain = register_buffer("plain", torch::randn({5}));
  }
  at::Tensor weight, features, plan, plain;
};

struct Outer final : torch::nn::Module {
  Outer() { inner = register_module("inner", std::make_shared<Drawn>()); }
  std::shared_ptr<Drawn> inner;
};

}  // namespace

TEST_CASE("model directory: buffers that belong to a model are stored with its weights, others are not") {
  Outer one, two;
  const auto stored = parameters_of(one);
  CHECK(stored.size() == 3);
  set_parameters(two, stored, "a file");
  CHECK((torch::equal(two.inner->weight, one.inner->weight) && torch::equal(two.inner->features, one.inner->features) &&
         torch::equal(two.inner->plan, one.inner->plan) && !torch::equal(two.inner->plain, one.inner->plain)));
  auto broken = stored;
  broken.erase("inner.plan");
  CHECK_THROWS_WITH(set_parameters(two, broken, "a file"), Catch::Contains("inner.plan"));
  broken["inner.plan"] = torch::randn({4});
  CHECK_THROWS_WITH(set_parameters(two, broken, "a file"), Catch::Contains("whole numbers"));
}

TEST_CASE("tensor file: every element type comes back bit by bit") {
  const Scratch scratch;
  NamedTensors tensors{
      {"empty", torch::zeros({0, 3})}, {"scalar", torch::tensor(1.5)}, {"turned", torch::randn({3, 4}).t()}};
  for (const auto type : {at::kFloat, at::kBFloat16, at::kDouble, at::kHalf, at::kLong, at::kInt, at::kShort, at::kChar,
                          at::kByte, at::kBool})
    tensors[c10::toString(type)] = torch::tensor({0, 1, 1, 7}).to(type);
  save_tensors(scratch / "x.safetensors", tensors);
  const auto loaded = load_tensors(scratch / "x.safetensors");
  REQUIRE(loaded.size() == tensors.size());
  for (const auto& [name, tensor] : tensors) {
    INFO(name);
    REQUIRE(loaded.at(name).scalar_type() == tensor.scalar_type());
    REQUIRE(torch::equal(loaded.at(name), tensor));
  }
  REQUIRE_THROWS_AS(save_tensors(scratch / "y", {{"z", torch::zeros({2}, torch::kComplexFloat)}}), ModelError);
}
