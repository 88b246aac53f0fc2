// The way of prompts through the generator.
#include "attend/decoding/generator.h"

#include <map>

#include "attend/core/error.h"
#include "attend/decoding/generation_format.h"
#include "attend/decoding/language_scorer.h"
#include "tests/support/pieces.h"
#include "tests/support/tiny_model.h"

using namespace attend;
using namespace attend::test;

namespace {

using Texts = std::vector<std::vector<std::string>>;

Texts texts_of(const std::vector<std::vector<Generation>>& results) {
  Texts texts;
  for (const auto& generations : results) {
    auto& row = texts.emplace_back();
    for (const auto& generation : generations) row.push_back(generation.text);
  }
  return texts;
}

GeneratorOptions greedy() {
  GeneratorOptions options;
  options.generation.temperature = 0;
  return options;
}

const std::vector<std::string> kCount{"one", " two", " three", " EN", "D fi", "ve"};

std::shared_ptr<const Pieces> counting(SpecialIds special = {}) { return std::make_shared<const Pieces>(kCount, special); }

Texts count_on(const std::vector<std::string>& prompts, const GeneratorOptions& options, bool may_start_empty = false) {
  CountingScorer scorer(4 + static_cast<std::int64_t>(kCount.size()));
  return texts_of(Generator(scorer, counting(), options).generate({prompts, 1, may_start_empty}));
}

// A random model of as many pieces as its vocabulary has; texts are long, as no end symbol is likely.
class RandomText {
 public:
  RandomText() {
    Config config = tiny_config();
    config.task = TaskType::language_model;
    config.model.architecture = Architecture::decoder;
    resolve(config);
    model_ = build_language_model(config, {0, kTinyVocabulary, -1, 2, 3});
    std::vector<std::string> letters;
    for (std::int64_t i = 4; i < kTinyVocabulary; ++i) letters.emplace_back(1, static_cast<char>('a' + i - 4));
    letters_ = std::make_shared<const Pieces>(letters);
  }
  std::vector<std::vector<Generation>> generate(const std::vector<std::string>& prompts, const GeneratorOptions& options,
                                                const TextSink& sink = {}) const {
    LanguageScorer scorer(model_, 64);
    return Generator(scorer, letters_, options).generate({prompts}, sink);
  }

 private:
  std::shared_ptr<LanguageModel> model_;
  std::shared_ptr<const Tokenizer> letters_;
};

GeneratorOptions random_options() {
  GeneratorOptions options;
  options.generation.max_new_tokens = 12;
  options.generation.top_p = 0.9;
  options.generation.seed = 5;
  options.samples = 3;
  return options;
}

const std::vector<std::string> kPrompts{"abc", "a", "", "hgfedcba", "cc"};

}  // namespace

TEST_CASE("generator: prompts are continued to the end symbol, the limit or a stop string, by samples and by a beam") {
  for (const std::int64_t beam : {0, 1, 2}) {
    auto options = greedy();
    options.beam = beam;
    CHECK(count_on({"one two", "", "one"}, options) == Texts{{" three END five"}, {""}, {" two three END five"}});
    options.stops = {"END", "four"};
    CHECK(count_on({"one"}, options) == Texts{{" two three "}});
    options.generation.max_new_tokens = 2;
    CHECK(count_on({"one"}, options) == Texts{{" two three"}});
    options.stops = {" three EN"};  // not whole before the limit
    CHECK(count_on({"one"}, options) == Texts{{" two three"}});
  }
}

TEST_CASE("generator: an empty prompt starts from the start symbol, or the end symbol, or is refused") {
  CHECK(count_on({""}, greedy(), true) == Texts{{"one two three END five"}});
  CountingScorer scorer(4 + static_cast<std::int64_t>(kCount.size()));
  const std::vector<std::string> empty{""};
  const Prompts prompts{empty, 1, true};
  const Generator end_only(scorer, counting({-1, -1, -1, 3}), greedy());
  CHECK(end_only.generate(prompts).front().front().text == "one two three END five");
  const Generator nothing(scorer, counting({-1, -1, -1, -1}), greedy());
  REQUIRE_THROWS_AS(nothing.generate(prompts), DataError);
}

TEST_CASE("generator: a document begins with the start symbol where training's did, a piece of one text does not") {
  const std::vector<std::string> prompts{"one two"};
  for (const bool starts : {true, false})
    for (const SpecialIds special : {SpecialIds{}, SpecialIds{-1, -1, 3, 3}}) {  // a start symbol that is the end symbol stays away
      CountingScorer scorer(4 + static_cast<std::int64_t>(kCount.size()));
      auto options = greedy();
      options.documents_start = starts;
      Generator(scorer, counting(special), options).generate({prompts});
      const bool expected = starts && special.bos != special.eos;
      CHECK(scorer.read.size(1) == (expected ? 3 : 2));
      CHECK((scorer.read[0][0].item<std::int64_t>() == special.bos) == expected);
    }
}

TEST_CASE("generator: a prompt longer than the context loses its beginning") {
  auto options = greedy();
  options.context = 2;
  options.generation.presence_penalty = 100;  // what was generated, not what was given
  CHECK(count_on({"one two three EN", "ve"}, options) == Texts{{"D five"}, {""}});
}

TEST_CASE("generator: rows of the model beyond the vocabulary are never generated") {
  CountingScorer scorer(40);
  const std::vector<std::string> prompts{"ve"};
  const auto results = Generator(scorer, counting(), greedy()).generate({prompts});
  for (const auto id : results.front().front().hypothesis.token_ids) CHECK(id < 10);
}

TEST_CASE("generator: the same seed gives the same text whatever the batch; samples differ and come in their order") {
  const RandomText random;
  auto options = random_options();
  const auto together = texts_of(random.generate(kPrompts, options));
  CHECK(together[0][0] != together[0][1]);
  options.batch_tokens = 1;
  CHECK(texts_of(random.generate(kPrompts, options)) == together);
  options.samples = 1;
  const auto alone = texts_of(random.generate(kPrompts, options));
  for (std::size_t i = 0; i < kPrompts.size(); ++i) CHECK(alone[i][0] == together[i][0]);
  options.generation.seed = 6;
  CHECK(texts_of(random.generate(kPrompts, options)) != alone);
}

TEST_CASE("generator: what a sink hears is, put together, the text; every sample has one last piece") {
  const RandomText random;
  auto options = random_options();
  options.stops = {"ab", "c"};
  std::map<std::pair<std::size_t, std::int64_t>, std::string> heard;
  std::map<std::pair<std::size_t, std::int64_t>, int> last;
  const auto results = random.generate(kPrompts, options, [&](const TextPiece& piece) {
    const auto key = std::pair(piece.prompt, piece.sample);
    CHECK(last[key] == 0);
    heard[key] += piece.text;
    last[key] += piece.last;
  });
  for (std::size_t i = 0; i < kPrompts.size(); ++i)
    for (std::size_t s = 0; s < results[i].size(); ++s) {
      const auto key = std::pair(i, static_cast<std::int64_t>(s));
      CHECK(heard[key] == results[i][s].text);
      CHECK(last[key] == (kPrompts[i].empty() ? 0 : 1));
    }
}

TEST_CASE("generation formats: samples stand between ten hyphens, objects in lines; a stream writes what the whole print has") {
  const std::vector<Generation> two{{"b\nc", {{5, 6}, {-0.5f, -0.25f}, -0.75, 0}}, {"d", {{7}, {-1.0f}, -1.0, 0}}};
  CHECK(format_generations({3, "a"}, two, {}) == "b\nc\n----------\nd\n");
  CHECK(format_generations({3, "a"}, two, {GenerationFormat::text, true}) == "ab\nc\n----------\nad\n");
  CHECK(format_generations({3, "a"}, two, {GenerationFormat::jsonl, false}) ==
        "{\"prompt\":3,\"sample\":1,\"text\":\"b\\nc\",\"tokens\":2,\"log_prob\":-0.75}\n"
        "{\"prompt\":3,\"sample\":2,\"text\":\"d\",\"tokens\":1,\"log_prob\":-1.0}\n");
  std::string written;
  GenerationStream stream(2, "a", [&](std::string_view text) { written += text; });
  stream.take({0, 1, "d", true});
  CHECK(written == "a");  // what every sample begins with
  stream.take({0, 0, "b\n", false});
  CHECK(written == "ab\n");
  stream.take({0, 0, "c", true});
  stream.finish();
  CHECK(written == "ab\nc\n----------\nad\n");
}
