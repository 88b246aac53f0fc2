// Bits per byte of a validation: the negative log-probability to base 2 of a text over its bytes.
//
// A model whose weights are 0 gives 1 / V to each of V pieces, log2 V bits a token, so that only what is counted
// remains:
//
//   with a start symbol of its own before each document   every token and byte of the documents
//   without one                                            all but the first token of each document
#include <torch/types.h>

#include <cmath>

#include "attend/checkpoint/model_directory.h"
#include "attend/config/load.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/tasks/language_model.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

namespace {

const std::vector<std::string> kDocuments{"the caf\u00e9 is red", "a", "seven hundred", "nine and nine"};

// Pieces of the documents as they stand alone, and bytes, less `begins` tokens of each.
struct Counted {
  double tokens = 0, bytes = 0;
  Counted(const Tokenizer& tokenizer, const std::vector<std::string>& documents, std::size_t begins) {
    for (const auto& document : documents) {
      const auto ids = tokenizer.encode(document);
      tokens += static_cast<double>(ids.size() - begins);
      bytes += static_cast<double>(document.size() - tokenizer.decode(std::span(ids).first(begins)).size());
    }
  }
};

// Of the text in blocks of 4 tokens.
double bits_per_byte(const std::shared_ptr<const Tokenizer>& tokenizer, const std::string& text,
                     const std::vector<std::string>& settings) {
  const Scratch scratch;
  const auto named = concat("{text: ", scratch.file("text", text).string(), ", documents: ", settings.front(), "}");
  const auto file = scratch.file("lm.yaml", R"(version: 1
task: language_model
data: {block_size: 4, batch: {size: 3, unit: sequences}}
model: {architecture: decoder, d_model: 8, num_heads: 2, d_ff: 8, decoder_layers: 1, dropout: 0}
)");
  const auto config =
      load_config({file}, {"data.train=" + named, "data.validation=" + named, "data.sampling=" + settings.back()})
          .config;
  const Tokenizers both{tokenizer, tokenizer};
  const auto model = build_language_model(config, vocabularies_of(config, both));
  const torch::NoGradGuard no_grad;
  for (auto& weight : model->parameters()) weight.zero_();
  return read_language_sets(config, both, at::kCPU).front().measure(*model).values.at("bits_per_byte");
}

}  // namespace

TEST_CASE("bits per byte: what a validation counts, whatever the tokenizer, the documents and the sampling") {
  const LogLevel before = log_level();
  set_log_level(LogLevel::error);
  const Scratch scratch;
  const auto text = join(kDocuments, "\n") + "\n";
  TokenizerConfig characters;
  characters.type = TokenizerType::character;
  const auto own = train_tokenizer(characters, lines_of({scratch.file("text", text)}));
  // <|endoftext|> is start and end.
  const auto gpt2 = load_tokenizer(test_environment("ATTEND_SOURCE") + "/tests/golden/byte_bpe_tokenizer.json");
  for (const std::string sampling : {"packed", "random_blocks", "sequential"})
    for (const auto& [tokenizer, begins] : {std::pair{own, 0u}, {gpt2, 1u}}) {
      INFO(sampling << " " << tokenizer->file_extension());
      const double bits = std::log2(static_cast<double>(tokenizer->size()));
      const Counted lines(*tokenizer, kDocuments, begins), whole(*tokenizer, {text}, 1);
      CHECK(bits_per_byte(tokenizer, text, {"line", sampling}) == Approx(bits * lines.tokens / lines.bytes));
      CHECK(bits_per_byte(tokenizer, text, {"file", sampling}) == Approx(bits * whole.tokens / whole.bytes));
    }
  set_log_level(before);
}
