// The way of text through the translator, with a scorer that copies its source.
#include "attend/decoding/translator.h"

#include <ATen/ATen.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "attend/core/error.h"
#include "attend/decoding/translation_format.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

constexpr std::int32_t kPadId = 0, kUnkId = 1, kBosId = 2, kEosId = 3, kFirst = 4;

// A token a character of "a".."z", space and a line end, which no line may contain but a model may generate. Others are
// unknown.
class LetterTokenizer final : public Tokenizer {
 public:
  std::vector<std::int32_t> encode(std::string_view text) const override {
    std::vector<std::int32_t> ids;
    for (const char c : text)
      if (c != '.')
        ids.push_back(kLetters.find(c) == kLetters.npos ? kUnkId
                                                        : kFirst + static_cast<std::int32_t>(kLetters.find(c)));
    return ids;
  }
  std::string decode(std::span<const std::int32_t> ids) const override {
    std::string text;
    for (const std::int32_t id : ids)
      if (id >= kFirst) text += kLetters[static_cast<std::size_t>(id - kFirst)];
      else if (id == kUnkId) text += '?';
    return text;
  }
  std::int64_t size() const override { return kFirst + static_cast<std::int64_t>(kLetters.size()); }
  std::string piece(std::int32_t id) const override { return std::to_string(id); }
  SpecialIds special() const override { return {}; }
  TokenizerType type() const override { return TokenizerType::character; }
  const std::string& serialized() const override { return bytes_; }
  std::string_view file_extension() const override { return "vocab.json"; }

 private:
  static constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz \n\xff";
  std::string bytes_;
};

// Prefers the source token at the position reached; the second choice is the letter after it.
class CopyScorer final : public Scorer {
 public:
  std::vector<std::int64_t> widths, rows;  // of each batch

  std::int64_t vocabulary_size() const override { return LetterTokenizer().size(); }
  void begin(const SourceBatch& batch, const SearchBounds& bounds) override {
    want_weights_ = bounds.want_weights;
    ids_ = batch.ids;
    position_ = 0;
    widths.push_back(batch.ids.size(1));
    rows.push_back(batch.ids.size(0));
    for (std::int64_t b = 0; b < batch.ids.size(0); ++b)
      demand(batch.ids[b].ne(kPadId).sum().item<std::int64_t>() == batch.lengths[b]);
  }
  StepOutput step(const at::Tensor& tokens) override {
    demand(tokens.size(0) == ids_.size(0));
    demand(position_ > 0 || tokens.eq(kBosId).all().item<bool>());
    at::Tensor logits = at::zeros({tokens.size(0), tokens.size(1), vocabulary_size()});
    for (std::int64_t b = 0; b < tokens.size(0); ++b) {
      const auto id = position_ < ids_.size(1) ? ids_[b][position_].item<std::int64_t>() : kEosId;
      logits[b].select(1, id).fill_(20);
      logits[b].select(1, id == kEosId || id + 1 == vocabulary_size() ? kFirst : id + 1).fill_(10);
    }
    at::Tensor weights;  // all on the token that is copied
    if (want_weights_)
      weights =
          at::one_hot(at::full({tokens.size(0), tokens.size(1)}, std::min(position_, ids_.size(1) - 1), at::kLong),
                      ids_.size(1))
              .to(at::kFloat);
    ++position_;
    return {logits, weights};
  }
  void keep(const at::Tensor& sentence_rows) override { ids_ = ids_.index_select(0, sentence_rows); }
  void reorder(const at::Tensor&) override {}

 private:
  // Assertions of Catch2 are for one thread.
  static void demand(bool holds) {
    if (!holds) throw std::logic_error("CopyScorer");
  }

  at::Tensor ids_;
  std::int64_t position_ = 0;
  bool want_weights_ = false;
};

TranslatorOptions translator_options(std::int64_t batch_tokens, std::int64_t nbest = 1) {
  TranslatorOptions options;
  options.decoding.beam_size = 3;
  options.nbest = nbest;
  options.batch_tokens = batch_tokens;
  return options;
}

std::vector<std::string> texts(const std::vector<std::vector<Translation>>& results) {
  std::vector<std::string> best;
  for (const auto& translations : results) best.push_back(translations.front().text);
  return best;
}

}  // namespace

TEST_CASE("translator: lines come back in their order, blank ones blank, whatever the batches") {
  const std::vector<std::string> lines{"one", "", "a much longer line", "...", "bb", "x", "the seventh", ""};
  const std::vector<std::string> expected{"one", "", "a much longer line", "", "bb", "x", "the seventh", ""};
  const auto letters = std::make_shared<LetterTokenizer>();
  for (const std::int64_t batch_tokens : {1, 20, 40, 1000}) {
    CopyScorer scorer;
    REQUIRE(texts(Translator(scorer, letters, letters, translator_options(batch_tokens)).translate(lines)) == expected);
    for (std::size_t i = 0; i < scorer.rows.size(); ++i)
      REQUIRE((scorer.rows[i] == 1 || scorer.rows[i] * scorer.widths[i] <= batch_tokens));
    REQUIRE(std::is_sorted(scorer.widths.rbegin(), scorer.widths.rend()));
  }
  CopyScorer scorer;
  REQUIRE(Translator(scorer, letters, letters, translator_options(10)).translate(std::vector<std::string>{}).empty());
  REQUIRE(scorer.rows.empty());
}

TEST_CASE("translator: n-best lists hold distinct texts with falling scores; tokens count the end symbol") {
  const auto letters = std::make_shared<LetterTokenizer>();
  CopyScorer scorer;
  const auto best = Translator(scorer, letters, letters, translator_options(100, 3)).translate({"abc"}).front();
  REQUIRE(best.size() == 3);
  REQUIRE(best[0].text == "abc");
  REQUIRE(best[0].hypothesis.token_ids == std::vector<std::int32_t>{4, 5, 6, kEosId});
  REQUIRE(best[0].hypothesis.score > best[1].hypothesis.score);
  REQUIRE(best[1].text != best[2].text);
}

TEST_CASE("translator: a source that is too long loses its end; what is generated stays one line of UTF-8") {
  const auto letters = std::make_shared<LetterTokenizer>();
  CopyScorer scorer;
  auto options = translator_options(100);
  options.max_source_tokens = 5;
  Translator translator(scorer, letters, letters, options);
  REQUIRE(texts(translator.translate({"abcdefgh"})) == std::vector<std::string>{"abcd"});
  REQUIRE(texts(translator.translate({"a\nb\xff"})) == std::vector<std::string>{"a b\xEF\xBF\xBD"});
}

TEST_CASE("translator: several workers give what one gives, and what one throws reaches the caller") {
  const std::vector<std::string> lines{"one",         "",      "a much longer line", "...", "bb", "x",
                                       "the seventh", "eight", "ninth line"};
  const auto letters = std::make_shared<LetterTokenizer>();
  CopyScorer alone;
  const auto expected = texts(Translator(alone, letters, letters, translator_options(10)).translate(lines));
  std::vector<CopyScorer> scorers(3);
  const Translator translator({&scorers[0], &scorers[1], &scorers[2]}, letters, letters, translator_options(10));
  REQUIRE(texts(translator.translate(lines)) == expected);
  std::size_t batches = 0;
  for (const auto& scorer : scorers) batches += scorer.rows.size();
  REQUIRE(batches == alone.rows.size());

  class Broken final : public Scorer {
   public:
    std::int64_t vocabulary_size() const override { return 9; }
    void begin(const SourceBatch&, const SearchBounds&) override { throw ModelError("broken"); }
    StepOutput step(const at::Tensor&) override { return {}; }
    void keep(const at::Tensor&) override {}
    void reorder(const at::Tensor&) override {}
  };
  Broken first, second;
  REQUIRE_THROWS_AS(Translator({&first, &second}, letters, letters, translator_options(10)).translate(lines),
                    ModelError);
}

TEST_CASE("translator: each line begins with its own prefix, short or long or none") {
  const auto letters = std::make_shared<LetterTokenizer>();
  const std::vector<std::string> lines{"abcde", "fghij", "klmno", "", "pqrst"},
      prefixes{"zz", "", "y", "x", "vvvvvvvvv"};
  for (const std::int64_t batch_tokens : {1, 1000}) {
    CopyScorer scorer;
    const Translator translator(scorer, letters, letters, translator_options(batch_tokens));
    const auto got = texts(translator.translate({lines, 1, prefixes}));
    REQUIRE(got == std::vector<std::string>{"zzcde", "fghij", "ylmno", "", "vvvvvvvvv"});
  }
  CopyScorer scorer;
  auto options = translator_options(100);
  options.decoding.max_length = 4;  // leaves room for one token behind the prefix
  REQUIRE(texts(Translator(scorer, letters, letters, options)
                    .translate({std::vector<std::string>{"abcde"}, 1, std::vector<std::string>{"zzzzzz"}})) ==
          std::vector<std::string>{"zzzd"});
}

TEST_CASE("translator: a line's translation holds its constraints, or says why not; other lines are as ever") {
  const auto letters = std::make_shared<LetterTokenizer>();
  const std::vector<std::string> lines{"ab cd", "one two", "", "x"}, constraints{"zz\tcd", "", "q", "y\ty"};
  for (const std::int64_t batch_tokens : {1, 1000}) {
    CopyScorer scorer;
    const Translator translator(scorer, letters, letters, translator_options(batch_tokens));
    SourceLines source{lines, 7};
    const auto expected = texts(translator.translate(source));
    source.constraints = constraints;
    const auto got = translator.translate(source);
    CHECK(occurrences(got[0].front().text, "zz") == 1);
    CHECK(occurrences(got[0].front().text, "cd") == 1);
    CHECK(got[0].front().constraints->met == 2);
    CHECK(got[1].front().text == expected[1]);
    CHECK_FALSE(got[1].front().constraints.has_value());
    CHECK(got[2].front().text.empty());
    REQUIRE(got[2].front().constraints->missing.size() == 1);
    CHECK(got[2].front().constraints->missing[0].reason == "the line to translate is blank");
    CHECK(occurrences(got[3].front().text, "y") == 2);
  }
  auto options = translator_options(10);
  options.decoding.max_length = 5;
  CopyScorer scorer;
  const Translator translator(scorer, letters, letters, options);
  SourceLines source{lines, 7};
  const std::vector<std::string> long_one{"", "abc de", "", ""}, nothing{"", "", "", "."};
  source.constraints = long_one;
  REQUIRE_THROWS_WITH(translator.translate(source),
                      Catch::Contains("line 8") && Catch::Contains("longest translation of 5 tokens, got 8"));
  source.constraints = nothing;
  REQUIRE_THROWS_WITH(translator.translate(source), Catch::Contains("line 10") && Catch::Contains("leaves nothing"));
}

TEST_CASE("translation formats: alignments are pairs of token numbers, or all weights") {
  const std::vector<Translation> one{
      {"zwei Wörter",
       {{5, 6, 3}, {-0.5f, -0.25f, -0.25f}, -1.0, -0.5, {{0.75f, 0.25f}, {0.5f, 0.5f}, {0.0f, 1.0f}}},
       {0, 0}}};
  const auto written = [&](TranslationFormat format, AlignmentFormat alignment) {
    return format_translations(1, one, {format, false, alignment});
  };
  CHECK(written(TranslationFormat::text, AlignmentFormat::hard) == "zwei Wörter ||| 0-0 0-1\n");
  CHECK(written(TranslationFormat::text, AlignmentFormat::soft) ==
        "zwei Wörter ||| 0.7500,0.2500 0.5000,0.5000 0.0000,1.0000\n");
  CHECK(written(TranslationFormat::nbest, AlignmentFormat::hard) ==
        "0 ||| zwei Wörter ||| 0-0 0-1 ||| log_prob= -1.000000 ||| -0.500000\n");
  const auto hard =
      nlohmann::json::parse(written(TranslationFormat::jsonl, AlignmentFormat::hard))["hypotheses"][0]["alignment"];
  CHECK(hard == nlohmann::json::parse("[[0,0],[0,1]]"));
  const auto soft =
      nlohmann::json::parse(written(TranslationFormat::jsonl, AlignmentFormat::soft))["hypotheses"][0]["alignment"];
  CHECK(soft == nlohmann::json::parse("[[0.75,0.25],[0.5,0.5],[0.0,1.0]]"));
}

TEST_CASE("translation formats: lines count from 0 in nbest and from 1 in jsonl; token scores where asked for") {
  const std::vector<Translation> two{{"zwei Wörter", {{5, 6, 3}, {-0.5f, -0.25f, -0.25f}, -1.0, -1.0 / 3}}, {"", {}}};
  REQUIRE(format_translations(7, two, {TranslationFormat::text, false}) == "zwei Wörter\n");
  REQUIRE(format_translations(7, two, {TranslationFormat::nbest, false}) ==
          "6 ||| zwei Wörter ||| log_prob= -1.000000 ||| -0.333333\n6 |||  ||| log_prob= 0.000000 ||| 0.000000\n");
  const auto json = nlohmann::json::parse(format_translations(7, two, {TranslationFormat::jsonl, true}));
  REQUIRE(json["line"] == 7);
  REQUIRE(json["hypotheses"].size() == 2);
  REQUIRE(json["hypotheses"][0]["tokens"] == 3);
  REQUIRE(json["hypotheses"][0]["token_ids"] == std::vector<int>{5, 6, 3});
  REQUIRE(json["hypotheses"][0]["token_log_probs"] == std::vector<double>{-0.5, -0.25, -0.25});
  REQUIRE(json["hypotheses"][1]["text"] == "");
  const auto plain = nlohmann::json::parse(format_translations(1, two, {TranslationFormat::jsonl, false}));
  REQUIRE_FALSE(plain["hypotheses"][0].contains("token_log_probs"));
}

TEST_CASE("translator: a tag begins every translation and no text shows it; a prefix follows it") {
  const auto letters = std::make_shared<LetterTokenizer>();
  const std::vector<std::string> lines{"abcde", "", "fghij"}, tags{"zz", "zz", "z"}, prefixes{"", "", "yy"};
  CopyScorer scorer;
  const Translator translator(scorer, letters, letters, translator_options(100));
  SourceLines tagged{lines, 1, {}, tags};
  CHECK(texts(translator.translate(tagged)) == std::vector<std::string>{"cde", "", "ghij"});
  CHECK(translator.translate(tagged)[0].front().hypothesis.token_ids.front() == letters->encode("z")[0]);
  tagged.prefixes = prefixes;
  CHECK(texts(translator.translate(tagged)) ==
        std::vector<std::string>{"cde", "", "yyj"});  // "z yy", then what stands there
  const std::vector<std::string> constraints{"zz", "", "q"};
  tagged.constraints = constraints;  // a tag that holds a phrase does not count
  const auto bound = translator.translate(tagged);
  CHECK(occurrences(bound[0].front().text, "zz") == 1);
  CHECK(bound[0].front().constraints->met == 1);
  CHECK(occurrences(bound[2].front().text, "q") == 1);
  auto options = translator_options(100);
  options.source_tag = "t";
  CHECK(texts(Translator(scorer, letters, letters, options).translate({"ab", ""})) ==
        std::vector<std::string>{"t ab", ""});
}

TEST_CASE("translator: with decoding.distinct no two texts of a list are equal, and the best is the best") {
  // Tokens "b" are written "a".
  class Folded final : public Tokenizer {
   public:
    std::vector<std::int32_t> encode(std::string_view text) const override { return letters_.encode(text); }
    std::string decode(std::span<const std::int32_t> ids) const override {
      std::string text = letters_.decode(ids);
      std::replace(text.begin(), text.end(), 'b', 'a');
      return text;
    }
    std::int64_t size() const override { return letters_.size(); }
    std::string piece(std::int32_t id) const override { return letters_.piece(id); }
    SpecialIds special() const override { return {}; }
    TokenizerType type() const override { return TokenizerType::character; }
    const std::string& serialized() const override { return letters_.serialized(); }
    std::string_view file_extension() const override { return "vocab.json"; }

   private:
    LetterTokenizer letters_;
  };
  const auto folded = std::make_shared<Folded>();
  const auto list = [&](bool distinct) {
    CopyScorer scorer;
    auto options = translator_options(100, 3);
    options.decoding.beam_size = 6;
    options.decoding.distinct = distinct;
    const auto results = Translator(scorer, folded, folded, options).translate({"aa"});
    std::vector<std::string> found;
    for (const auto& translation : results.front()) found.push_back(translation.text);
    return found;
  };
  const auto plain = list(false), distinct = list(true);
  REQUIRE(std::set<std::string>(plain.begin(), plain.end()).size() < plain.size());
  CHECK(std::set<std::string>(distinct.begin(), distinct.end()).size() == distinct.size());
  CHECK(distinct.size() == 3);
  CHECK(distinct.front() == plain.front());
}

TEST_CASE("translator: it tells what was cut at its limit, how long sources are, and that <unk> is banned") {
  const auto letters = std::make_shared<LetterTokenizer>();
  CopyScorer scorer;
  auto options = translator_options(100);
  CHECK_FALSE(Translator(scorer, letters, letters, options).translate({"abcdef"}).front().front().cut);
  CHECK(Translator(scorer, letters, letters, options).translate({"abcdef"}).front().front().source.tokens == 7);
  CHECK_FALSE(Translator(scorer, letters, letters, options).translate({""}).front().front().cut);
  CHECK(texts(Translator(scorer, letters, letters, options).translate({"aXb"})).front().find('?') == std::string::npos);
  options.decoding.max_length = 3;
  CHECK(Translator(scorer, letters, letters, options).translate({"abcdef"}).front().front().cut);
  options.decoding.max_length = 7;
  CHECK_FALSE(Translator(scorer, letters, letters, options).translate({"abcdef"}).front().front().cut);
  options.decoding.ban = {};
  CHECK(texts(Translator(scorer, letters, letters, options).translate({"aXb"})).front() == "a?b");
  options.decoding.ban = {"nothing"};
  CHECK_THROWS_AS(Translator(scorer, letters, letters, options), ConfigError);
}

TEST_CASE("translator: beams above eight make a batch smaller in proportion") {
  const auto letters = std::make_shared<LetterTokenizer>();
  const std::vector<std::string> lines(40, "abcd");  // 5 tokens
  for (const auto& [beam, rows] : {std::pair{1, 20}, {8, 20}, {16, 10}, {40, 4}}) {
    CopyScorer scorer;
    auto options = translator_options(100);
    options.decoding.beam_size = beam;
    Translator(scorer, letters, letters, options).translate(lines);
    CHECK(scorer.rows.front() == rows);
  }
}

TEST_CASE("translator: unknown words are copied from the source, and words are aligned, whatever the tag") {
  const auto letters = std::make_shared<LetterTokenizer>();
  for (const std::string tag : {"", "t"}) {
    CopyScorer scorer;
    auto options = translator_options(100);
    options.decoding.ban = {};
    options.source_tag = tag;
    options.copied_words = std::make_shared<const Dictionary>(Dictionary{{"Yy", "zz zz"}});
    const std::string begin = tag.empty() ? "" : tag + " ";
    CHECK(texts(Translator(scorer, letters, letters, options).translate({"ab Xc dX", "Yy b", "X"})) ==
          std::vector<std::string>{begin + "ab Xc dX", begin + "zz zz b", begin + "X"});
    options.attention = options.word_alignment = true;
    const auto words = Translator(scorer, letters, letters, options).translate({"ab Yy"}).front().front();
    CHECK(words.text == begin + "ab zz zz");
    if (tag.empty()) CHECK(words.aligned == std::vector<std::int64_t>{0, 1, 1});
    CHECK(words.hypothesis.attention.front().size() == 3);  // two words and the end symbol
  }
}

TEST_CASE("output limit: what must not end earlier has room, up to the longest output") {
  DecodingConfig config;
  config.max_length = 255;
  CHECK(output_limit(config, 14) == 78);
  config.min_length = 200;
  CHECK(output_limit(config, 14) == 201);  // and the end symbol
  CHECK(output_limit(config, 90) == 230);
  config.min_length = 300;
  CHECK(output_limit(config, 14) == 255);
  CHECK(output_limit(DecodingConfig{}, 1000) == 2050);  // not resolved: no limit of its own
}
