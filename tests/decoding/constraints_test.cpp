// Phrases that a translation must hold: what counts as held, how far a text is, and that searches get there.
#include "attend/decoding/constraints.h"

#include <algorithm>
#include <map>
#include <random>

#include "attend/core/error.h"
#include "attend/decoding/beam_search.h"
#include "attend/decoding/constraint_reader.h"
#include "attend/text/corpus.h"
#include "tests/support/pieces.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/toy_scorer.h"

using namespace attend;
using namespace attend::test;

namespace {

using ConstraintsPointer = std::shared_ptr<const Constraints>;

// Words of the letters x and b: ids 4, 5 and 6, as many as a toy of 7 has.
const Pieces& letters() {
  static const Pieces pieces({"x", "b", " "});
  return pieces;
}

ConstraintsPointer constraints_of(const std::string& line, const Tokenizer& tokenizer = letters(),
                                  ConstraintReader::Rules rules = {}) {
  return ConstraintReader(tokenizer, std::move(rules)).read(line, 1);
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words{""};
  for (const char c : text)
    if (c == ' ') words.emplace_back();
    else words.back() += c;
  return words;
}

// In how many places the words of a text are those of the phrase, where spaces alone part words.
std::int64_t count_words(const std::string& text, const std::string& phrase) {
  const auto words = words_of(text), wanted = words_of(phrase);
  std::int64_t count = 0;
  for (std::size_t i = 0; i + wanted.size() <= words.size(); ++i)
    count += std::equal(wanted.begin(), wanted.end(), words.begin() + static_cast<std::ptrdiff_t>(i));
  return count;
}

bool holds_all(const Ids& ids, const std::string& line, const Tokenizer& tokenizer = letters()) {
  const std::string text = tokenizer.decode(ids);
  std::map<std::string, std::int64_t> wanted;
  for (std::size_t begin = 0; begin <= line.size();) {
    const std::size_t end = std::min(line.find('\t', begin), line.size());
    ++wanted[line.substr(begin, end - begin)];
    begin = end + 1;
  }
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const auto& phrase) { return count_words(text, phrase.first) >= phrase.second; });
}

// One or two phrases of one or two words of one or two letters.
std::string random_line(std::mt19937& random, std::size_t most = 2) {
  std::string line;
  for (std::size_t phrases = 1 + random() % most; phrases > 0; --phrases) {
    for (std::size_t words = 1 + random() % 2; words > 0; --words) {
      for (std::size_t size = 1 + random() % 2; size > 0; --size) line += random() % 2 ? 'x' : 'b';
      if (words > 1) line += ' ';
    }
    if (phrases > 1) line += '\t';
  }
  return line;
}

// What brings a text nearest.
std::int32_t best_next(const ConstraintState& state) {
  const auto tokens = state.next();
  REQUIRE_FALSE(tokens.empty());
  return *std::min_element(tokens.begin(), tokens.end(),
                           [&](auto a, auto b) { return state.then(a).missing() < state.then(b).missing(); });
}

struct Found {
  Ids ids;
  double score;
};

// Every sequence up to the limit that holds the constraints, best first. One that is cut there had room for its end.
std::vector<Found> every_one(const Toy& toy, std::int64_t name, const SearchOptions& options, std::int64_t limit,
                             const std::string& line) {
  std::vector<Found> all;
  const auto go_on = [&](const auto& self, Ids& ids, double log_prob) -> void {
    if (static_cast<std::int64_t>(ids.size()) == limit || (!ids.empty() && ids.back() == kEos)) {
      const Ids but_one(ids.begin(), ids.end() - 1);
      if (holds_all(ids, line) && (ids.back() == kEos || holds_all(but_one, line)))
        all.push_back(
            {ids, length_normalised(options.decoding.length_penalty, log_prob, static_cast<std::int64_t>(ids.size()))});
      return;
    }
    Ids prefix{kBos};
    prefix.insert(prefix.end(), ids.begin(), ids.end());
    const auto log_probs = toy.log_probs(name, prefix);
    for (const std::int32_t v : {3, 4, 5, 6}) {
      ids.push_back(v);
      self(self, ids, log_prob + log_probs[static_cast<std::size_t>(v)]);
      ids.pop_back();
    }
  };
  Ids none;
  go_on(go_on, none, 0.0);
  std::stable_sort(all.begin(), all.end(), [](const Found& a, const Found& b) { return a.score > b.score; });
  return all;
}

SourceBatch constrained_batch(const std::vector<std::int64_t>& names,
                              const std::vector<ConstraintsPointer>& constraints) {
  SourceBatch batch = batch_of(names, std::vector<std::int64_t>(names.size(), 3));
  for (const auto& one : constraints) batch.constraints.push_back(one.get());
  return batch;
}

void require_same(const std::vector<Hypothesis>& got, const std::vector<Hypothesis>& expected) {
  REQUIRE(got.size() == expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    REQUIRE(got[i].token_ids == expected[i].token_ids);
    REQUIRE(got[i].token_log_probs == expected[i].token_log_probs);
    REQUIRE(got[i].score == expected[i].score);
  }
}

}  // namespace

TEST_CASE("constraints: a phrase is held where no word goes on across its ends") {
  CHECK(occurrences("der Hund, der", "Hund") == 1);
  CHECK(occurrences("der Hund, der", "der") == 2);
  CHECK(occurrences("Hunde und Hofhund", "Hund") == 0);
  CHECK(occurrences("Hofhund", "hund") == 0);
  CHECK(occurrences("Hof-Hund", "Hund") == 1);
  CHECK(occurrences("\u201eHund\u201c", "Hund") == 1);
  CHECK(occurrences("Hund\u0301", "Hund") == 0);  // a mark belongs to its letter
  CHECK(occurrences("\u00dcber", "ber") == 0);
  CHECK(occurrences("a a a", "a a") == 2);
  CHECK(occurrences("250 %, 50%", "50") == 1);
  CHECK(occurrences("50%ig", "50%") == 1);
  CHECK(occurrences("\u6211\u7231\u4e2d\u56fd\u83dc", "\u4e2d\u56fd") == 1);  // Chinese has no spaces
  CHECK(occurrences("\u0e44\u0e17\u0e22\u0e41\u0e25\u0e19\u0e14\u0e4c", "\u0e44\u0e17\u0e22") == 1);  // nor has Thai
  CHECK(occurrences("\ud55c\uad6d\uc5b4", "\ud55c\uad6d") == 0);  // Korean has
  CHECK(occurrences("", "a") == 0);
}

TEST_CASE(
    "constraints: how far a text is does not depend on how it grew, and one of the next tokens always brings it "
    "nearer") {
  // Tokens of several letters, and an u umlaut in two halves.
  const Pieces pieces({"x", "b", " ", " x", "xb", "b x", " bx", "\xC3", "\xBC", "\xBC ", ","});
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    std::string line = random_line(random, 3);
    if (round % 3 == 0) line += "\tb\u00fc";
    if (round % 5 == 0) line += "\tx,";
    const auto constraints = constraints_of(line, pieces);
    Ids ids;
    ConstraintState state(*constraints, ids);
    REQUIRE(state.missing() == constraints->tokens());
    for (std::size_t length = random() % 9; length > 0; --length) {
      ids.push_back(4 + static_cast<std::int32_t>(random() % 11));
      state = state.then(ids.back());
    }
    INFO(line << " in: " << pieces.decode(ids));
    for (std::int64_t missing = state.missing(); missing > 0; missing = state.missing()) {
      const ConstraintState again(*constraints, ids);
      REQUIRE(again.missing() == missing);
      REQUIRE(again.next() == state.next());
      const std::int32_t best = best_next(state);
      REQUIRE(state.then(best).missing() < missing);
      ids.push_back(best);
      state = state.then(best);
    }
    const std::string text = pieces.decode(ids);
    for (const Phrase& phrase : constraints->phrases()) REQUIRE(occurrences(text, phrase.text) >= phrase.times);
    REQUIRE(state.next().empty());
  }
}

TEST_CASE(
    "constraints: with the tokens of every tokenizer a text holds what it holds, and a phrase spelled out is held") {
  const std::vector<std::string> texts{"die Frau verkauft drei \u00c4pfel.",
                                       "drei Frauen kaufen einen Apfel",
                                       "\u201edie Frau\u201c, sagt er",
                                       "Frau und Frau",
                                       "eine Hausfrau",
                                       "die drei \u00c4pfel der Frau"};
  const std::vector<std::string> phrases{"Frau", "\u00c4pfel", "die Frau", "drei", "Frau\tFrau", "Apfel\tkaufen"};
  std::string corpus;
  for (int i = 0; i < 40; ++i)
    for (const std::string& text : texts) corpus += text + " " + std::to_string(i) + "\n";
  const Scratch scratch;
  const auto file = scratch.file("text", corpus);
  for (const auto type : values_of<TokenizerType>()) {
    TokenizerConfig config;
    config.type = type;
    config.vocab_size = type == TokenizerType::bpe ? 300 : 60;
    const auto tokenizer = train_tokenizer(config, lines_of({file}));
    for (const std::string& line : phrases) {
      const auto constraints = constraints_of(line, *tokenizer);
      for (const std::string& text : texts) {
        INFO(name_of(type) << ": " << line << " in " << text);
        bool held = true;
        for (const Phrase& phrase : constraints->phrases())
          held = held && occurrences(text, phrase.written) >= phrase.times;
        ConstraintState state(*constraints, tokenizer->encode(text));
        CHECK((state.missing() == 0) == held);
        Ids ids = tokenizer->encode(text);
        for (; state.missing() > 0 && ids.size() < 200; state = state.then(ids.back())) ids.push_back(best_next(state));
        const std::string longer = tokenizer->decode(ids);
        for (const Phrase& phrase : constraints->phrases()) CHECK(occurrences(longer, phrase.written) >= phrase.times);
      }
    }
  }
}

TEST_CASE(
    "constraints: a phrase in passing counts, one that a word goes on after does not, one broken off begins anew") {
  const auto constraints = constraints_of("bx\tx b");
  const auto missing = [&](const std::string& text) {
    return ConstraintState(*constraints, letters().encode(text)).missing();
  };
  CHECK(missing("") == 7);        // " bx" and " x b"
  CHECK(missing("b") == 5);       // "x" and " x b"
  CHECK(missing("bx") == 4);      // " x b" anew: the x that ends bx is no word
  CHECK(missing("bxb") == 7);     // a word goes on
  CHECK(missing("bx ") == 3);
  CHECK(missing("bx x") == 2);
  CHECK(missing("bx xx") == 4);   // broken off
  CHECK(missing("bx x b") == 0);
  CHECK(missing("x bx") == 4);    // its b was no word
}

TEST_CASE("constrained beam search: a beam as wide as the tree finds what enumeration finds") {
  std::mt19937 random(3);
  for (std::int64_t name = 0; name < 9; ++name) {
    const Toy toy{7, 4.0, static_cast<double>(name % 3)};
    // Of one phrase the tokens that are said to be missing are the fewest that do; of several they are enough.
    const std::string line = random_line(random, 1);
    const auto constraints = constraints_of(line);
    SearchOptions options = options_of(3000, 7, 5);
    options.decoding.candidates = 100;
    options.decoding.max_length_ratio = 0;
    options.decoding.max_length_offset = 3;
    options.decoding.stop.patience = 100;
    options.decoding.length_penalty.choose(values_of<LengthPenaltyType>()[static_cast<std::size_t>(name) % 3]);
    options.banned = {1};
    const std::int64_t limit =
        std::max(std::min<std::int64_t>(3 + constraints->tokens(), 7), constraints->tokens() + 1);
    if (limit > 7) continue;
    const auto expected = every_one(toy, name, options, limit, line);
    ToyScorer scorer(toy);
    const auto got = beam_search(scorer, constrained_batch({name}, {constraints}), options).front();
    INFO(line);
    REQUIRE(got.size() == std::min<std::size_t>(5, expected.size()));
    for (std::size_t i = 0; i < got.size(); ++i) {
      REQUIRE(got[i].token_ids == expected[i].ids);
      REQUIRE(got[i].score == Approx(expected[i].score).epsilon(1e-5));
    }
  }
}

TEST_CASE(
    "constrained beam search: whatever the beam, the rules and the beginning, every hypothesis holds every "
    "constraint") {
  std::mt19937 random(5);
  for (int round = 0; round < 120; ++round) {
    const Toy toy{7, 1.0 + round % 5, static_cast<double>(round % 7) - 3};
    const std::string line = random_line(random, 4);
    const auto constraints = constraints_of(line);
    SearchOptions options = options_of(1 + round % 6, 60, 1 + round % 3);
    options.nbest = std::min(options.nbest, options.decoding.beam_size);
    options.decoding.max_length_ratio = round % 2;
    options.decoding.max_length_offset = round % 4;
    options.decoding.stop.rule = round % 2 ? StopRule::finished : StopRule::bound;
    options.decoding.coverage_penalty = round % 3 == 0 ? 0.2 : 0.0;
    options.decoding.no_repeat_ngram = round % 5 == 0 ? 3 : 0;
    options.decoding.repetition_penalty = round % 4 == 0 ? 1.3 : 1.0;
    options.decoding.min_length = round % 8;
    SourceBatch batch = constrained_batch({round, round + 1}, {constraints, nullptr});
    if (round % 3 == 1) batch.prefixes = {letters().encode("xb x"), letters().encode("b xx")};
    ToyScorer scorer(toy);
    INFO(line);
    const auto found = beam_search(scorer, batch, options).front();
    for (const Hypothesis& hypothesis : found) {
      INFO("round " << round << ": " << letters().decode(hypothesis.token_ids) << ", tokens " << hypothesis.tokens());
      REQUIRE(holds_all(hypothesis.token_ids, line));
      Ids prefix{kBos};
      for (std::size_t t = 0; t < hypothesis.token_ids.size(); ++t) {  // log-probabilities stay the model's own
        REQUIRE(hypothesis.token_log_probs[t] ==
                Approx(toy.log_probs(round, prefix)[static_cast<std::size_t>(hypothesis.token_ids[t])]).epsilon(1e-4));
        prefix.push_back(hypothesis.token_ids[t]);
      }
    }
  }
}

TEST_CASE("constrained beam search: what stands in a tag alone is not held, what follows it is") {
  for (int round = 0; round < 30; ++round) {
    const auto constraints = constraints_of("xb");
    SearchOptions options = options_of(1 + round % 4, 30);
    SourceBatch batch = constrained_batch({round, round + 1}, {constraints, constraints});
    batch.prefixes = {letters().encode("xb"), letters().encode("xb")};
    batch.tags = {2, 0};
    ToyScorer scorer(Toy{7, 2.0, 3.0});
    const auto found = beam_search(scorer, batch, options);
    const Ids& tagged = found[0].front().token_ids;
    INFO(letters().decode(tagged));
    REQUIRE(holds_all(Ids(tagged.begin() + 2, tagged.end()), "xb"));
    REQUIRE(holds_all(found[1].front().token_ids, "xb"));
  }
}

TEST_CASE("constraints: a text begins with a phrase as a text of its own, behind a tag with a space before it") {
  const auto constraints = constraints_of("xb");
  CHECK(ConstraintState(*constraints, {}).next() == letters().encode("x"));
  CHECK(ConstraintState(*constraints, {}, true).next() == letters().encode(" "));
  CHECK(ConstraintState(*constraints, letters().encode(" xb"), true).missing() == 0);
  CHECK(ConstraintState(*constraints, letters().encode("xb"), true).missing() == 0);
}

TEST_CASE(
    "constrained beam search: a sentence without constraints is searched as ever, also beside sentences with some") {
  const std::vector<std::int64_t> names{1, 2, 3, 4, 5, 6};
  const Toy toy{7, 3.0, 0.5};
  const auto one = constraints_of("xb\tb x"), other = constraints_of("x");
  for (const std::int64_t ngram : {0, 3}) {
    SearchOptions options = options_of(4, 12, 3);
    options.decoding.no_repeat_ngram = ngram;
    ToyScorer plain(toy), blank(toy), mixed(toy), again(toy);
    const auto expected = beam_search(plain, constrained_batch(names, {}), options);
    const auto none = beam_search(blank, constrained_batch(names, std::vector<ConstraintsPointer>(6)), options);
    const auto beside =
        beam_search(mixed, constrained_batch(names, {nullptr, one, nullptr, other, nullptr, one}), options);
    const auto alone = beam_search(again, constrained_batch({2}, {one}), options);
    for (const std::size_t s : {0, 2, 4}) require_same(beside[s], expected[s]);
    for (std::size_t s = 0; s < names.size(); ++s) require_same(none[s], expected[s]);
    require_same(beside[1], alone.front());
  }
}

TEST_CASE(
    "constrained beam search: what the search finds anyway it finds with that as a constraint, at the same score") {
  const Toy toy{7, 4.0, 1.0};
  for (std::int64_t name = 0; name < 40; ++name) {
    const SearchOptions options = options_of(8, 10);
    ToyScorer free(toy), bound(toy);
    const auto found = beam_search(free, constrained_batch({name}, {}), options).front().front();
    const std::string text = letters().decode(found.token_ids);
    const auto constraints = constraints_of(text);
    if (!constraints || text.front() == ' ' || text.back() == ' ' || text.find("  ") != std::string::npos) continue;
    const auto again = beam_search(bound, constrained_batch({name}, {constraints}), options).front().front();
    INFO(text);
    REQUIRE(again.score >= found.score - 1e-6);
  }
}

TEST_CASE(
    "constraint reader: tabs part phrases, spaces around them do not count, one that comes twice is asked for twice") {
  CHECK(constraints_of("") == nullptr);
  CHECK(constraints_of(" \t \t") == nullptr);
  const auto constraints = constraints_of(" x b \t\tx\tx");
  REQUIRE(constraints->phrases().size() == 2);
  CHECK(constraints->phrases()[0].text == "x b");
  CHECK(constraints->phrases()[0].times == 1);
  CHECK(constraints->phrases()[1].times == 2);
  CHECK(constraints->tokens() == 4 + 2 + 2);
  const auto report = report_constraints(*constraints, "x b", false);
  CHECK(report.met == 2);
  REQUIRE(report.missing.size() == 1);
  CHECK(report.missing[0].phrase == "x");
}

TEST_CASE("bad input: constraints that no search can meet are refused with their line and the reason") {
  const auto message = [](const std::string& line, ConstraintReader::Rules rules) {
    class WithUnknown final : public Tokenizer {
     public:
      std::vector<std::int32_t> encode(std::string_view text) const override {
        Ids ids;
        for (const char c : text) ids.push_back(c == 'x' ? 4 : c == 'b' ? 5 : c == ' ' ? 6 : 1);
        return ids;
      }
      std::string decode(std::span<const std::int32_t> ids) const override { return letters().decode(ids); }
      std::int64_t size() const override { return 7; }
      std::string piece(std::int32_t id) const override { return letters().piece(id); }
      SpecialIds special() const override { return {}; }
      TokenizerType type() const override { return TokenizerType::character; }
      const std::string& serialized() const override { return letters().serialized(); }
      std::string_view file_extension() const override { return "vocab.json"; }
    };
    try {
      ConstraintReader(WithUnknown(), std::move(rules)).read(line, 12);
    } catch (const DataError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message("x b\tbb", {}).empty());
  CHECK_THAT(message("x\txqb", {}),
             Catch::Contains("line 12: expected characters of the target vocabulary, got \"q\" in \"xqb\""));
  CHECK_THAT(message("xb", {{5}, 0}), Catch::Contains("got \"b\" in \"xb\", which is a special symbol or banned"));
  CHECK_THAT(message("xb xb", {{}, 2}), Catch::Contains("2 tokens in a row twice"));
  CHECK_THAT(message("xb\txb", {{}, 2}), Catch::Contains("2 tokens in a row twice"));
  CHECK_THAT(message("x b\tb b", {{}, 1}), Catch::Contains("exclude each other"));
  CHECK(message("x b\tb", {{}, 2}).empty());  // b is part of the other
  std::string endless;
  for (int i = 0; i < 200'000; ++i) endless += "x\t";
  CHECK_THAT(message(endless, {{}, 0, 9}), Catch::Contains("longest translation of 9 tokens"));
}
