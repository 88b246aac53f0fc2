// Fine-tuning that keeps what a model knows: added symbols, longer tables of positions.
#include <torch/types.h>

#include "attend/checkpoint/tensor_file.h"
#include "tests/system/run_files.h"

using namespace attend::test;

namespace {

attend::NamedTensors tensors_of(const TinyRun& tiny, const std::string& model) { return attend::load_tensors(tiny.path(model) / "model.safetensors"); }

// The weights of a fine-tuned run before its first update: a learning rate of 0 leaves them as they began.
const Lines kUntouched{"training.initialize_from=run", "training.optimizer.lr=0", "training.schedule.type=constant", "training.max_steps=1"};

Lines with(Lines settings, const Lines& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

// Rows of old pieces in every bit; the others are the mean of the old ones, padding (row 0) aside.
void check_table(const at::Tensor& old, const at::Tensor& grown, std::int64_t added) {
  const auto n = old.size(0);
  REQUIRE(grown.size(0) == n + added);
  CHECK(torch::equal(grown.narrow(0, 0, n), old));
  const auto mean = old.narrow(0, 1, n - 1).to(torch::kDouble).mean(0, true).expand_as(grown.narrow(0, n, added));
  CHECK(torch::allclose(grown.narrow(0, n, added).to(torch::kDouble), mean, 1e-5, 1e-6));
}

}  // namespace

TEST_CASE("add symbols: ten of them leave every old row as it was, however embeddings are tied", "[system]") {
  const std::string tied = GENERATE("all", "decoder", "none", "two");
  const TinyRun tiny;
  Lines shape{"data.tokenizer.type=sentencepiece", "data.tokenizer.algorithm=bpe", "data.tokenizer.vocab_size=40", "training.max_steps=3"};
  if (tied == "two") shape.push_back("data.tokenizer.shared=false");
  else shape.push_back("model.tie_embeddings=" + tied);
  shape.push_back("model.output_bias=true");
  check_ends(tiny.train(shape), 0, {"final model"});
  Lines symbols;
  for (int i = 0; i < 10; ++i) symbols.push_back("<new" + std::to_string(i) + ">");
  std::string list = symbols.front();
  for (std::size_t i = 1; i < symbols.size(); ++i) list += ", " + symbols[i];
  // The tokenizer's keys are the model's; those of the shape say the same.
  const auto tune = with(with(shape, kUntouched), {"output=tuned", "data.tokenizer.add_symbols=[" + list + "]"});
  check_ends(tiny.train(tune), 0, {"add_symbols: 10 symbols behind the 40 pieces", "40 of 50 pieces", "start as their mean", "final model"});
  const auto before = tensors_of(tiny, "run/final"), after = tensors_of(tiny, "tuned/final");
  REQUIRE(before.size() == after.size());
  std::size_t tables = 0;
  for (const auto& [name, tensor] : after) {
    INFO(tied << " " << name);
    const auto& old = before.at(name);
    if (tensor.sizes() == old.sizes()) CHECK(torch::equal(tensor, old));
    else if (tensor.dim() == 1) CHECK(torch::equal(tensor.narrow(0, 0, 40), old));
    else check_table(old, tensor, 10);
    tables += tensor.sizes() == old.sizes() ? 0 : 1;
  }
  CHECK(tables == (tied == "all" ? 2u : tied == "none" ? 4u : 3u));  // head.bias among them
  // The symbols are pieces, in training and in translation; the same command goes on.
  const auto encoded = tiny.attend({"tokenizer", "encode", "tuned", "--ids", "--input", tiny.scratch.file("line", "<new3>\n").string()});
  CHECK(contains(encoded.out, "43"));
  auto longer = tune;
  longer.push_back("training.max_steps=2");
  check_ends(tiny.train(longer), 0, {"resuming after update 1"});
  CHECK(tiny.attend({"translate", "tuned", "--input", "test.src", "--beam", "1", "--max-length", "4"}).exit_code == 0);
}

TEST_CASE("add symbols: what does not go is refused", "[system]") {
  const TinyRun tiny;
  check_ends(tiny.train(), 0, {});
  const auto refused = [&](const Lines& settings, const Lines& messages) {
    check_ends(tiny.train(with(settings, {"output=tuned"})), 3, messages);
    CHECK_FALSE(std::filesystem::exists(tiny.path("tuned")));
  };
  const auto tune = [](const std::string& symbols) { return with(kUntouched, {"data.tokenizer.add_symbols=" + symbols}); };
  refused({"data.tokenizer.add_symbols=[<x>]"}, {"data.tokenizer.add_symbols", "training.initialize_from"});
  refused(tune("[a]"), {"data.tokenizer.add_symbols", "\"a\"", "already"});
  refused(tune("[<s>]"), {"special piece"});
  refused(tune("['a b']"), {"white space"});
  refused(tune("[<x>, <x>]"), {"different symbols"});
  refused(with(tune("[<x>]"), {"data.tokenizer.vocab_size=20"}), {"data.tokenizer.add_symbols", "choose another"});
  check_ends(tiny.train(with(tune("[<x>]"), {"output=tuned"})), 0, {"1 symbols behind"});
  check_ends(tiny.train(with(tune("[<y>]"), {"output=tuned", "training.max_steps=2"})), 3, {"data.tokenizer.add_symbols: [\"<x>\"] -> [\"<y>\"]"});
}

TEST_CASE("fine-tune: a learned table of positions grows: old rows in every bit, the others as in a new model", "[system]") {
  const TinyRun tiny;
  const auto table = [](int rows) { return "model.position={type: learned, max_length: " + std::to_string(rows) + "}"; };
  const Lines shape{"decoding.max_length=32", "training.max_steps=3"};
  check_ends(tiny.train(with(shape, {table(32)})), 0, {});
  check_ends(tiny.train(with(with(shape, kUntouched), {table(48), "output=longer"})), 0, {"positions.weight grows from 32 to 48 places", "start anew"});
  const auto before = tensors_of(tiny, "run/final"), after = tensors_of(tiny, "longer/final");
  for (const auto& [name, tensor] : after) {
    INFO(name);
    const bool grown = name.ends_with("positions.weight");
    CHECK(tensor.size(0) == before.at(name).size(0) + (grown ? 16 : 0));
    CHECK(torch::equal(grown ? tensor.narrow(0, 0, 32) : tensor, before.at(name)));
    if (grown) CHECK(tensor.narrow(0, 32, 16).abs().max().item<float>() > 0);
  }
  check_ends(tiny.train(with(with(shape, kUntouched), {table(40), "training.initialize_from=longer", "output=shorter"})), 3,
             {"model.position.max_length: 48 there, 40 here", "may only grow"});
}
