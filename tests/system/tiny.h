// Trainings so small that a test can afford them: words of random letters, and a model of one layer.
#pragma once

#include <algorithm>
#include <filesystem>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

namespace attend::test {

using Lines = std::vector<std::string>;

inline std::string text_of(const Lines& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

inline Lines lines_of(const std::string& text) {
  std::istringstream all(text);
  Lines lines;
  for (std::string line; std::getline(all, line);) lines.push_back(line);
  return lines;
}

// Different words of 3 to 8 letters.
inline Lines random_words(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::set<std::string> seen;
  Lines words;
  while (words.size() < count) {
    std::string word(3 + random() % 6, ' ');
    for (char& letter : word) letter = static_cast<char>('a' + random() % 8);
    if (seen.insert(word).second) words.push_back(word);
  }
  return words;
}

inline Lines reversed(Lines words) {
  for (auto& word : words) std::reverse(word.begin(), word.end());
  return words;
}

inline constexpr const char* kTinyConfig = R"(version: 1
output: run
runtime: {device: cpu, precision: fp32, threads: 1}
data:
  train: {source: train.src, target: train.trg}
  validation: {source: validation.src, target: validation.trg}
  tokenizer: {type: char, vocab_size: 32}
  max_length: 32
  batch: {size: 64, unit: sequences}
model: {d_model: 64, num_heads: 4, d_ff: 128, encoder_layers: 1, decoder_layers: 1, dropout: 0.0, attention_dropout: 0.0}
training:
  max_steps: 6
  optimizer: {lr: 3e-3}
  schedule: {warmup_steps: 60}
  label_smoothing: 0.0
  validate_every: 3
  save_every: 3
  log_every: 3
)";

// A directory with tiny.yaml and its data; trainings run in it, so every path is relative.
class TinyRun {
 public:
  explicit TinyRun(std::size_t words = 300, bool reverse = false) {
    const Lines all = random_words(words + 200, 1), trg = reverse ? reversed(all) : all;
    const auto part = [](const Lines& lines, std::size_t from, std::size_t to) {
      return text_of(
          {lines.begin() + static_cast<std::ptrdiff_t>(from), lines.begin() + static_cast<std::ptrdiff_t>(to)});
    };
    scratch.file("tiny.yaml", kTinyConfig);
    for (const auto& [name, lines] : {std::pair{"src", &all}, std::pair{"trg", &trg}}) {
      scratch.file(std::string("train.") + name, part(*lines, 200, words + 200));
      scratch.file(std::string("validation.") + name, part(*lines, 0, 100));
      scratch.file(std::string("test.") + name, part(*lines, 100, 200));
    }
  }

  ProcessResult attend(std::vector<std::string> arguments, ProcessOptions options = {}) const {
    options.directory = scratch.path().string();
    return run_attend(arguments, options);
  }
  ProcessResult train(const std::vector<std::string>& settings = {}, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {"train", "tiny.yaml"});
    for (const auto& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    return attend(arguments);
  }
  // A shell command in this directory.
  ProcessResult shell(const std::string& command) const {
    ProcessOptions options;
    options.directory = scratch.path().string();
    return run_process("sh", {"-c", command}, options);
  }
  std::filesystem::path path(const std::string& name) const { return scratch / name; }

  Scratch scratch;
};

inline void check_ends(const ProcessResult& result, int code, const Lines& messages) {
  INFO(result.out << result.err);
  CHECK(result.exit_code == code);
  for (const auto& message : messages) {
    INFO("expected: " << message);
    CHECK(contains(result.err, message));
  }
}

}  // namespace attend::test
