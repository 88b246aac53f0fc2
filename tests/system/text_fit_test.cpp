// Text and tokenizers that do not belong together, and tokenizers that cannot be trained, as a user meets them.
#include "attend/text/corpus.h"
#include "tests/system/tiny.h"

using namespace attend::test;

TEST_CASE("tokenizer: what SentencePiece dislikes is an error, and --fresh keeps the former run where it is",
          "[system]") {
  const TinyRun tiny;
  const Lines pieces{"data.tokenizer={type: sentencepiece, vocab_size: 40}"};
  check_ends(tiny.train(pieces), 0, {});
  auto impossible = pieces;
  impossible.push_back("data.tokenizer.options={required_chars: \"\u00f1\"}");
  check_ends(tiny.train(impossible, {"--fresh"}), 3,
             {"required_chars names characters that the text lacks", "it printed: bpe_model_trainer"});
  CHECK(std::filesystem::exists(tiny.path("run/final/model.safetensors")));
  CHECK_FALSE(std::filesystem::exists(tiny.path("run.old-1")));
  char letter = 'a';  // equal pairs stay on one side, by their hash: one that is held out
  while (!attend::is_held_out(std::string(1, letter), std::string(1, letter), 0.5)) ++letter;
  tiny.scratch.file("same.txt", text_of(Lines(200, std::string(1, letter))));
  auto held_out = pieces;
  held_out.insert(held_out.end(), {"output=other", "data.train={source: same.txt, target: same.txt}",
                                   "data.validation=[{fraction: 0.5}]"});
  check_ends(tiny.train(held_out), 4, {"expected text to train it on, got no line", "data.validation.fraction"});
}

TEST_CASE("tokenizer: too little memory for its training is exit code 7", "[system]") {
  const TinyRun tiny;
  tiny.scratch.file("text", slurp(tiny.path("train.src")));
  const auto limited = [&](const std::string& kilobytes) {
    return tiny.shell("ulimit -v " + kilobytes +
                      " && \"$ATTEND_BINARY\" tokenizer train --input text --output t.model --vocab-size 40");
  };
  for (const std::string kilobytes : {"520000", "580000", "640000"}) {
    const auto result = limited(kilobytes);
    INFO(kilobytes << ": " << result.exit_code << "\n" << result.err);
    const bool starts = result.exit_code != 127 && !contains(result.err, "error while loading shared libraries");
    if (starts) CHECK((result.exit_code == 0 || result.exit_code == 7));
  }
}

TEST_CASE("unknown text: its share is told of each corpus, at every start, and warned of where it is large",
          "[system]") {
  const TinyRun tiny;
  tiny.scratch.file("foreign", text_of(Lines(50, "xyz")));
  check_ends(tiny.attend({"tokenizer", "train", "--type", "char", "--input", "foreign", "--output", "foreign.json"}), 0,
             {});
  const Lines messages{"train: train.src and train.trg, 300 pairs, unknown tokens: 100.00 % and 100.00 %",
                       "[train] 100.00 % of the source tokens", "[validation] 100.00 % of the target tokens",
                       "byte_fallback"};
  check_ends(tiny.train({"data.tokenizer.model=foreign.json"}), 0, messages);
  check_ends(tiny.train({"data.tokenizer.model=foreign.json", "training.max_steps=7"}), 0, messages);
  const auto known = tiny.train({"output=known"});
  check_ends(known, 0, {"300 pairs, unknown tokens: 0 % and 0 %"});
  CHECK_FALSE(contains(known.err, "unknown to the tokenizer"));
  tiny.scratch.file("s", "abc\n\u043f\u0440\u0438\n");
  tiny.scratch.file("t", "\u043c\u0438\u0440\nabc\n");
  check_ends(tiny.attend({"score", "known", "--source", "s", "--target", "t"}), 0,
             {"[score] source line 2: expected text that the model knows", "[score] target line 1:"});
  check_ends(tiny.shell("\"$ATTEND_BINARY\" translate known --threads 1 < s >/dev/null"), 0,
             {"nothing but tokens that the model does not know"});
}

TEST_CASE("unknown text: a language model's corpus and prompts", "[system]") {
  const TinyRun tiny;
  tiny.scratch.file("lm.yaml", R"(version: 1
task: language_model
output: lm
runtime: {device: cpu, precision: fp32, threads: 1}
data:
  train: {text: train.src}
  validation: {text: foreign}
  tokenizer: {type: sentencepiece, vocab_size: 40}
  block_size: 16
  batch: {size: 4, unit: sequences}
model: {architecture: decoder, d_model: 16, num_heads: 2, d_ff: 32, decoder_layers: 1}
training: {max_steps: 2, validate_every: 2, save_every: 2}
)");
  tiny.scratch.file("foreign", text_of(Lines(50, "xyz <s> xyz")));
  check_ends(tiny.attend({"train", "lm.yaml"}), 0,
             {"train: train.src", "unknown tokens: 0 %", "[validation]", "% of the tokens",
              "spells special symbols of the tokenizer (<pad>, <unk>, <s>, </s>) 50 times; they are read as text"});
  const auto generate = [&](const std::string& prompt, Lines more) {
    more.insert(more.begin(), {"generate", "lm", "--prompt", prompt, "--max-new-tokens", "3"});
    return tiny.attend(more);
  };
  check_ends(generate("abc \n", {"--stop", "\n"}), 0,
             {"1 prompt ends in spaces or line ends, which the tokenizer of this model drops",
              "the stop string \"\\n\" can never come"});
  check_ends(generate("\u043f\u0440", {}), 0, {"[generate] prompt 1: expected text that the model knows"});
  const auto fits = generate("abc", {"--stop", "b"});
  for (const std::string told : {"drops", "can never come", "nothing but unknown"})
    CHECK_FALSE(contains(fits.err, told));
}
