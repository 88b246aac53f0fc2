// attend tokenizer train|encode|decode|info.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <unordered_map>

#include "attend/checkpoint/model_directory.h"
#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/hash.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/storage/run_directory.h"
#include "attend/text/line_reader.h"
#include "attend/text/text_fit.h"
#include "attend/text/tokenizer.h"

namespace attend {
namespace {

using TokenizerPointer = std::shared_ptr<const Tokenizer>;

constexpr std::int64_t kWindow = 1024;  // lines

// ---------------------------------------------------------------------------------------------- train

struct TokenizerTrainOptions {
  TokenizerConfig config;
  std::vector<std::string> inputs, options;  // options: "name=value"
  std::string output, type{name_of(config.type)}, algorithm{name_of(config.algorithm)},
      normalization{name_of(config.normalization)};
};

TokenizerConfig config_of(const TokenizerTrainOptions& options) {
  TokenizerConfig config = options.config;
  config.type = choice_of<TokenizerType>("--type", options.type);
  config.algorithm = choice_of<SubwordAlgorithm>("--algorithm", options.algorithm);
  config.normalization = choice_of<Normalization>("--normalization", options.normalization);
  for (const std::string& option : options.options) {
    const std::size_t equals = option.find('=');
    if (equals == std::string::npos || equals == 0)
      throw UsageError("[--option] expected name=value, got \"", option, "\"");
    config.options[option.substr(0, equals)] = option.substr(equals + 1);
  }
  return config;
}

// What a YAML would have in data.tokenizer.KEY is an option here: [--key] instead.
UsageError as_usage(const ConfigError& fault) {
  constexpr std::string_view kSection = "[data.tokenizer.";
  std::string text = fault.what();
  if (!text.starts_with(kSection)) return UsageError(text);
  const auto end = text.find(']');
  std::string key = text.substr(kSection.size(), end - kSection.size());
  if (key == "user_symbols" || key == "options") key.pop_back();  // one at a time
  std::ranges::replace(key, '_', '-');
  return UsageError("[--", key, text.substr(end));
}

TokenizerPointer train(const TokenizerConfig& config, const LineSource& lines) {
  try {
    return train_tokenizer(config, lines);
  } catch (const ConfigError& fault) {
    throw as_usage(fault);
  }
}

void learn_vocabulary(const TokenizerTrainOptions& options) {
  const TokenizerConfig config = config_of(options);
  for (const std::string& input : options.inputs) check_output(options.output, "--input", input);
  require_writable(fs::path(options.output).parent_path());  // a vocabulary may take long
  // A language model reads the ends of lines as characters too.
  const bool keeps_ends = config.type == TokenizerType::character || config.type == TokenizerType::bpe;
  const auto lines = [source = lines_of({options.inputs.begin(), options.inputs.end()}),
                      keeps_ends](std::string& line) mutable {
    const bool any = source(line);
    if (any && keeps_ends) line += '\n';
    return any;
  };
  const auto tokenizer = train(config, lines);
  write_file_atomically(options.output, tokenizer->serialized());
  log_info("[", options.output, "] ", name_of(tokenizer->type()), ", ", format_count(tokenizer->size()),
           " pieces");
}

// Options that the chosen type does not read are refused, as the keys of a YAML are.
void check_owners(const CLI::App& verb, TokenizerType type) {
  for (const char* option : {"--algorithm", "--character-coverage", "--byte-fallback"})
    if (verb.count(option) > 0 && type != TokenizerType::sentencepiece)
      throw UsageError("[", option, "] belongs to type sentencepiece, but the type is ", name_of(type),
                       "; leave one of them out");
  if (verb.count("--vocab-size") > 0 && type == TokenizerType::byte)
    throw UsageError("[--vocab-size] type byte has one size; leave one of them out");
}

void add_train(CLI::App& verb) {
  CLI::App* train_verb = verb.add_subcommand("train", "learn a vocabulary from text");
  const auto options = std::make_shared<TokenizerTrainOptions>();
  TokenizerConfig& config = options->config;
  train_verb->add_option("--input", options->inputs, "text, one sentence a line; again for each further file")
      ->required()
      ->allow_extra_args(false);
  train_verb->add_option("--output", options->output, "the file to write")->required();
  train_verb->add_option("--type", options->type, "how text becomes tokens")
      ->type_name(join(names_of<TokenizerType>(), "|"));
  train_verb->add_option("--algorithm", options->algorithm, "of SentencePiece")
      ->type_name(join(names_of<SubwordAlgorithm>(), "|"));
  train_verb->add_option("--vocab-size", config.vocab_size, "pieces, the four special ones included")
      ->check(CLI::Range(5, 1'000'000));
  train_verb
      ->add_option("--character-coverage", config.character_coverage,
                   "share of characters SentencePiece keeps")
      ->check(CLI::Range(kCharacterCoverage.min, kCharacterCoverage.max));
  train_verb->add_flag("--byte-fallback", config.byte_fallback, "unknown characters become bytes");
  train_verb
      ->add_option("--normalization", options->normalization,
                   "what SentencePiece makes of a text before it looks for pieces")
      ->type_name(join(names_of<Normalization>(), "|"));
  train_verb->add_option("--user-symbol", config.user_symbols, "a piece that is never split; repeatable")
      ->allow_extra_args(false);
  train_verb->add_option("--option", options->options, "name=value, SentencePiece's own; repeatable")
      ->allow_extra_args(false);
  train_verb->callback([options, train_verb] {
    check_owners(*train_verb, choice_of<TokenizerType>("--type", options->type));
    learn_vocabulary(*options);
  });
}

// ------------------------------------------------------------------------- encode, decode, info

struct UseOptions {
  std::string model, input = "-", side = "source";
  bool ids = false, parse_special = false;
};

// A tokenizer file, or the one that a model directory holds, which reads as the model does.
TokenizerPointer open_tokenizer(const UseOptions& options) {
  const auto spelled = options.parse_special ? SpelledSpecials::symbols : SpelledSpecials::text;
  if (!status_of(options.model).is_directory()) return load_tokenizer(options.model, spelled);
  const auto path = resolve_model_path(options.model);
  Config config = read_model_config(path);
  for (TokenizerConfig* side : {&config.data.tokenizer.source, &config.data.tokenizer.target})
    side->parse_special |= options.parse_special;
  const auto both = load_tokenizers(path, config);
  if (!both.source) throw ModelError("[", path.string(), "] expected a model with a tokenizer, got one of ids alone");
  return options.side == "target" ? both.target : both.source;
}

// Pieces are shown with spaces between them, so a space within becomes U+2581, as in SentencePiece.
std::string shown_piece(const Tokenizer& tokenizer, std::int32_t id) {
  std::string shown;
  for (const char c : tokenizer.piece(id)) c == ' ' ? shown += "\xE2\x96\x81" : shown += c;
  return shown;
}

template <class Convert>
void convert_lines(const UseOptions& options, const Convert& convert) {
  check_output("-", "--input", options.input);
  LineReader reader(options.input);
  ResultWriter out("-");
  for (auto lines = reader.next_window(kWindow); !lines.empty(); lines = reader.next_window(kWindow)) {
    const auto first = reader.line_number() - static_cast<std::int64_t>(lines.size()) + 1;
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      text += convert(lines[i], first + static_cast<std::int64_t>(i));
      text += '\n';
    }
    out.write(text);
  }
  out.close();
}

void encode(const UseOptions& options) {
  const auto tokenizer = open_tokenizer(options);
  std::int64_t specials = 0;
  convert_lines(options, [&](const std::string& line, std::int64_t) {
    std::vector<std::string> words;
    specials += tokenizer->count_specials(line);
    for (const std::int32_t id : tokenizer->encode(line))
      words.push_back(options.ids ? std::to_string(id) : shown_piece(*tokenizer, id));
    return join(words, " ");
  });
  if (!options.parse_special) warn_of_specials("tokenizer", specials, *tokenizer, "--parse-special");
}

void decode(const UseOptions& options) {
  const auto tokenizer = open_tokenizer(options);
  std::unordered_map<std::string, std::int32_t> ids_of_words;
  for (std::int32_t id = 0; id < tokenizer->size(); ++id)
    ids_of_words.emplace(options.ids ? std::to_string(id) : shown_piece(*tokenizer, id), id);
  convert_lines(options, [&](const std::string& line, std::int64_t number) {
    std::vector<std::int32_t> ids;
    for (const std::string& word : split(line, ' ')) {
      if (word.empty()) continue;
      const auto found = ids_of_words.find(word);
      if (found == ids_of_words.end())
        throw DataError("[", options.input == "-" ? "stdin" : options.input, ":", number, "] expected ",
                        options.ids ? "an id" : "a piece", " of the vocabulary, got \"", word, "\"",
                        options.ids ? "" : "; for ids say --ids");
      ids.push_back(found->second);
    }
    return tokenizer->decode(ids);
  });
}

void info(const UseOptions& options) {
  const auto tokenizer = open_tokenizer(options);
  const SpecialIds special = tokenizer->special();
  ResultWriter out("-");
  std::string text;
  const auto row = [&](std::string_view name, const auto& value) {
    text += concat(name, std::string(15 - name.size(), ' '), value, '\n');
  };
  row("type", name_of(tokenizer->type()));
  row("pieces", tokenizer->size());
  row("normalization", tokenizer->normalization());
  row("pad", special.pad);
  row("unk", special.unk);
  row("bos", special.bos);
  row("eos", special.eos);
  row("bytes", tokenizer->serialized().size());
  row("xxh3-128", xxh3_128(tokenizer->serialized()));
  out.write(text);
  out.close();
}

enum class Use { text, lines, description };

void add_use(CLI::App& verb, const char* name, const char* doc, void (*run)(const UseOptions&), Use use) {
  CLI::App* use_verb = verb.add_subcommand(name, doc);
  const auto options = std::make_shared<UseOptions>();
  use_verb->add_option("MODEL", options->model, "a model, or a tokenizer file")->required();
  use_verb->add_option("--side", options->side, "of a model with two vocabularies: source, target")
      ->check(CLI::IsMember({"source", "target"}))
      ->type_name("source|target");
  if (use == Use::text)
    use_verb->add_flag("--parse-special", options->parse_special,
                       "text that spells a special symbol of a byte-level BPE is that symbol");
  if (use != Use::description) {
    use_verb->add_option("--input", options->input, "the file to read; - is standard input");
    use_verb->add_flag("--ids", options->ids, "numbers instead of pieces");
  }
  use_verb->callback([options, run] { run(*options); });
}

}  // namespace

void add_tokenizer_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("tokenizer", "vocabularies: train, encode, decode, info");
  verb->require_subcommand(1);
  add_train(*verb);
  add_use(*verb, "encode", "lines of text to pieces", encode, Use::text);
  add_use(*verb, "decode", "lines of pieces to text", decode, Use::lines);
  add_use(*verb, "info", "what a tokenizer is", info, Use::description);
}

}  // namespace attend
