// The way of prompts through the generator.
#include "attend/decoding/generator.h"

#include <limits>
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

std::shared_ptr<const Pieces> counting(SpecialIds special = {}) {
  return std::make_shared<const Pieces>(kCount, special);
}

std::vector<Prompt> plain_prompts(const std::vector<std::string>& texts, bool may_be_empty = false) {
  std::vector<Prompt> prompts;
  for (const auto& text : texts) prompts.push_back({text, {}, may_be_empty});
  return prompts;
}

std::vector<std::vector<Generation>> counted(const std::vector<std::string>& texts, const GeneratorOptions& options,
                                             bool may_be_empty = false) {
  CountingScorer scorer(4 + static_cast<std::int64_t>(kCount.size()));
  return Generator(scorer, counting(), options).generate({plain_prompts(texts, may_be_empty)});
}

Texts count_on(const std::vector<std::string>& texts, const GeneratorOptions& options) {
  return texts_of(counted(texts, options));
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
  std::vector<std::vector<Generation>> generate(const std::vector<std::string>& prompts,
                                                const GeneratorOptions& options, const TextSink& sink = {}) const {
    LanguageScorer scorer(model_, {64, 32});
    return Generator(scorer, letters_, options).generate({plain_prompts(prompts)}, sink);
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

TEST_CASE("generator: an empty prompt begins as it is told, or is refused; an empty line becomes nothing") {
  auto options = greedy();
  options.start.of_empty = {2};
  CHECK(texts_of(counted({""}, options, true)) == Texts{{"one two three END five"}});
  CHECK(count_on({""}, options) == Texts{{""}});
  options.start.of_empty = {5};
  options.start.instead = "a line end";
  CHECK(texts_of(counted({""}, options, true)) == Texts{{" three END five"}});
  CHECK_THROWS_AS(counted({""}, greedy(), true), DataError);
}

TEST_CASE("generator: a document begins with the start symbol where training's did, a piece of one text does not") {
  for (const std::int32_t symbol : {2, -1}) {
    CountingScorer scorer(4 + static_cast<std::int64_t>(kCount.size()));
    auto options = greedy();
    options.start.symbol = symbol;
    Generator(scorer, counting(), options).generate({plain_prompts({"one two"})});
    CHECK(scorer.read.size(1) == (symbol >= 0 ? 3 : 2));
    CHECK((scorer.read[0][0].item<std::int64_t>() == 2) == (symbol >= 0));
    const std::vector<Prompt> ids{{"", std::vector<std::int32_t>{4, 5}, true}};
    Generator(scorer, counting(), options).generate({ids});
    CHECK(scorer.read.size(1) == 2);  // ids stand as they are
  }
}

TEST_CASE("generator: penalties look at what was generated, not at what was given, and at the last tokens alone") {
  auto options = greedy();
  options.generation.presence_penalty = 100;
  CHECK(count_on({"one two three EN", "ve"}, options) == Texts{{"D five"}, {""}});
  options.generation.presence_penalty = 0;
  options.generation.repetition_penalty = 1e6;
  // The counter doubts every second token: without "two" in sight nothing keeps it from coming again.
  const std::vector<Prompt> prompts{{"", std::vector<std::int32_t>{5, 4}, false}};
  const auto first_of = [&](std::int64_t last) {
    options.generation.penalty_last = last;
    CountingScorer scorer(4 + static_cast<std::int64_t>(kCount.size()));
    return Generator(scorer, counting(), options).generate({prompts}).front().front().hypothesis.token_ids.front();
  };
  CHECK(first_of(0) == 6);
  CHECK(first_of(2) == 6);
  CHECK(first_of(1) == 5);
}

TEST_CASE(
    "generator: no end before as many tokens as asked for, by end symbols and stop strings; biases and reasons to "
    "end") {
  auto options = greedy();
  options.generation.max_new_tokens = 8;
  const auto of = [&](const std::string& prompt) { return counted({prompt}, options).front().front(); };
  CHECK(of("ve").hypothesis.finish == Finish::end);
  CHECK(of("ve").hypothesis.tokens() == 1);
  options.generation.min_new_tokens = 3;
  CHECK(of("ve").hypothesis.tokens() >= 4);
  options.stops = {" two"};
  CHECK(of("one").text != "");  // the first token is " two"
  options.generation.min_new_tokens = 1;
  CHECK(of("one").text == "");
  CHECK(of("one").hypothesis.finish == Finish::stop);
  options.stops.clear();
  options.generation.max_new_tokens = 2;
  CHECK(of("one").hypothesis.finish == Finish::length);
  options.biases = {{7, 9}};  // doubt is e^-10 times as likely
  CHECK(of(" two").text == " three EN");
  options.biases = {{7, 11}};
  CHECK(of(" two").text.starts_with(" EN"));
  options.biases = {{6, -1000}};
  CHECK(count_on({" two"}, options)[0][0].starts_with(" EN"));
  options.biases = {{6, -std::numeric_limits<float>::infinity()}};
  CHECK(count_on({" two"}, options)[0][0].starts_with(" EN"));
  options.beam = 2;
  CHECK(count_on({" two"}, options)[0][0].starts_with(" EN"));
}

TEST_CASE("generator: an end that the tokenizer does not know ends a text and is not in it") {
  auto options = greedy();
  options.special = SpecialIds{-1, -1, -1, 7};  // "END" begins with it
  const auto found = counted({"one"}, options).front().front();
  CHECK(found.text == " two three");
  CHECK(found.hypothesis.token_ids == std::vector<std::int32_t>{5, 6, 7});
  CHECK(found.hypothesis.finish == Finish::end);
}

TEST_CASE("generator: rows of the model beyond the vocabulary are never generated") {
  CountingScorer scorer(40);
  const auto results = Generator(scorer, counting(), greedy()).generate({plain_prompts({"ve"})});
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

TEST_CASE(
    "generation formats: texts stand between ten hyphens, objects in lines; a stream writes what the whole print has") {
  const std::vector<Generation> two{{"b\nc", {{5, 6}, {-0.5f, -0.25f}, -0.75, 0, {}, 0, Finish::stop}},
                                    {"d", {{7}, {-1.0f}, -1.0, 0}}};
  CHECK(format_generations({1, "a"}, two, {}) == "b\nc\n----------\nd\n");
  CHECK(format_generations({3, "a"}, two, {GenerationFormat::text, true}) == "----------\nab\nc\n----------\nad\n");
  CHECK(format_generations({3, "a"}, two, {GenerationFormat::jsonl, false}) ==
        "{\"prompt\":3,\"sample\":1,\"text\":\"b\\nc\",\"tokens\":2,\"log_prob\":-0.75,\"token_ids\":[5,6],\"token_log_"
        "probs\":[-0.5,-0.25],"
        "\"finish\":\"stop\"}\n"
        "{\"prompt\":3,\"sample\":2,\"text\":\"d\",\"tokens\":1,\"log_prob\":-1.0,\"token_ids\":[7],\"token_log_"
        "probs\":[-1.0],\"finish\":\"end\"}\n");
  for (const std::int64_t number : {1, 3}) {
    std::string written;
    GenerationStream stream(2, {number, "a"}, [&](std::string_view text) { written += text; });
    stream.take({0, 1, "d", true});
    CHECK(written == (number == 1 ? "a" : "----------\na"));  // what every sample begins with
    stream.take({0, 0, "b\n", false});
    stream.take({0, 0, "c", true});
    stream.finish();
    CHECK(written == format_generations({number, "a"}, two, {GenerationFormat::text, true}));
  }
}
