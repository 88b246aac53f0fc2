// Fine-tuning that keeps what a model knows: added symbols, longer tables of positions.
#include <cmath>
#include <cstring>
#include <map>

#include "attend/storage/safetensors.h"
#include "tests/system/run_files.h"

using namespace attend::test;

namespace {

// A tensor as its file holds it: rows of numbers; a vector is a table of one column.
struct Table {
  std::vector<std::int64_t> shape;
  std::vector<float> values;

  std::size_t rows() const { return static_cast<std::size_t>(shape.at(0)); }
  std::size_t columns() const { return values.size() / rows(); }
  std::vector<float> first(std::size_t count) const {
    return {values.begin(), values.begin() + static_cast<std::ptrdiff_t>(count * columns())};
  }
};

std::map<std::string, Table> tensors_of(const TinyRun& tiny, const std::string& model) {
  const attend::SafetensorsFile file(tiny.path(model) / "model.safetensors");
  std::map<std::string, Table> tables;
  for (const auto& entry : file.entries()) {
    REQUIRE(entry.dtype == attend::DType::f32);
    Table& table = tables[entry.name];
    table.shape = entry.shape;
    table.values.resize(entry.bytes() / sizeof(float));
    std::memcpy(table.values.data(), file.bytes(entry).data(), entry.bytes());
  }
  return tables;
}

// The weights of a fine-tuned run before its first update: a learning rate of 0 leaves them as they began.
const Lines kUntouched{"training.initialize_from=run", "training.optimizer.lr=0", "training.schedule.type=constant",
                       "training.max_steps=1"};

Lines with(Lines settings, const Lines& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

// Rows of old pieces are the same in every bit; the new ones are the mean of the old, padding (row 0) aside.
void check_table(const Table& old, const Table& grown, std::size_t added) {
  REQUIRE(grown.rows() == old.rows() + added);
  CHECK(grown.first(old.rows()) == old.values);
  for (std::size_t column = 0; column < old.columns(); ++column) {
    double sum = 0;
    for (std::size_t row = 1; row < old.rows(); ++row) sum += old.values[row * old.columns() + column];
    const double mean = sum / static_cast<double>(old.rows() - 1);
    for (std::size_t row = old.rows(); row < grown.rows(); ++row)
      CHECK(grown.values[row * grown.columns() + column] == Approx(mean).epsilon(1e-5).margin(1e-6));
  }
}

}  // namespace

TEST_CASE("add symbols: ten of them leave every old row as it was, however embeddings are tied", "[system]") {
  const std::string tied = GENERATE("all", "decoder", "none", "two");
  const TinyRun tiny;
  Lines shape{"data.tokenizer.type=sentencepiece", "data.tokenizer.algorithm=bpe", "data.tokenizer.vocab_size=40",
              "training.max_steps=3"};
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
  check_ends(tiny.train(tune), 0,
             {"add_symbols: 10 symbols behind the 40 pieces", "40 of 50 pieces", "start as their mean", "final model"});
  const auto before = tensors_of(tiny, "run/final"), after = tensors_of(tiny, "tuned/final");
  REQUIRE(before.size() == after.size());
  std::size_t tables = 0;
  for (const auto& [name, tensor] : after) {
    INFO(tied << " " << name);
    const auto& old = before.at(name);
    if (tensor.shape == old.shape) CHECK(tensor.values == old.values);
    else if (tensor.shape.size() == 1) CHECK(tensor.first(40) == old.values);
    else check_table(old, tensor, 10);
    tables += tensor.shape == old.shape ? 0 : 1;
  }
  CHECK(tables == (tied == "all" ? 2u : tied == "none" ? 4u : 3u));  // head.bias among them
  // The symbols are pieces, in training and in translation; the same command goes on.
  const auto encoded =
      tiny.attend({"tokenizer", "encode", "tuned", "--ids", "--input", tiny.scratch.file("line", "<new3>\n").string()});
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
  const auto tune = [](const std::string& symbols) {
    return with(kUntouched, {"data.tokenizer.add_symbols=" + symbols});
  };
  refused({"data.tokenizer.add_symbols=[<x>]"}, {"data.tokenizer.add_symbols", "training.initialize_from"});
  refused(tune("[a]"), {"data.tokenizer.add_symbols", "\"a\"", "already"});
  refused(tune("[<s>]"), {"special piece"});
  refused(tune("['a b']"), {"white space"});
  refused(tune("[<x>, <x>]"), {"different symbols"});
  refused(with(tune("[<x>]"), {"data.tokenizer.vocab_size=20"}), {"data.tokenizer.add_symbols", "choose another"});
  check_ends(tiny.train(with(tune("[<x>]"), {"output=tuned"})), 0, {"1 symbols behind"});
  check_ends(tiny.train(with(tune("[<y>]"), {"output=tuned", "training.max_steps=2"})), 3,
             {"data.tokenizer.add_symbols: [\"<x>\"] -> [\"<y>\"]"});
}

TEST_CASE("fine-tune: a learned table of positions grows: old rows in every bit, the others as in a new model",
          "[system]") {
  const TinyRun tiny;
  const auto table = [](int rows) {
    return "model.position={type: learned, max_length: " + std::to_string(rows) + "}";
  };
  const Lines shape{"decoding.max_length=32", "training.max_steps=3"};
  check_ends(tiny.train(with(shape, {table(32)})), 0, {});
  check_ends(tiny.train(with(with(shape, kUntouched), {table(48), "output=longer"})), 0,
             {"positions.weight grows from 32 to 48 places", "start anew"});
  const auto before = tensors_of(tiny, "run/final"), after = tensors_of(tiny, "longer/final");
  for (const auto& [name, tensor] : after) {
    INFO(name);
    const bool grown = name.ends_with("positions.weight");
    CHECK(tensor.rows() == before.at(name).rows() + (grown ? 16 : 0));
    CHECK((grown ? tensor.first(32) : tensor.values) == before.at(name).values);
    if (!grown) continue;
    const auto starts_anew = [](float value) { return value != 0; };
    CHECK(std::any_of(tensor.values.begin() + 32 * static_cast<std::ptrdiff_t>(tensor.columns()), tensor.values.end(),
                      starts_anew));
  }
  check_ends(
      tiny.train(with(with(shape, kUntouched), {table(40), "training.initialize_from=longer", "output=shorter"})), 3,
      {"model.position.max_length: 48 there, 40 here", "may only grow"});
}
