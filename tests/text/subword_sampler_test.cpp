// Random segmentations: their frequencies are those of SentencePiece (unigram) and of the definition (BPE dropout).
#include "attend/text/subword_sampler.h"

#include <cmath>
#include <map>

#include "attend/core/error.h"
#include "attend/core/json.h"
#include "src/text/subwords.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using Ids = std::vector<std::int32_t>;
using Counts = std::map<Ids, double>;

namespace {

std::string golden(const std::string& name) {
  return test::test_environment("ATTEND_SOURCE") + "/tests/golden/" + name;
}

// The quantile of chi-square that one test in a thousand passes by chance (Wilson and Hilferty 1931).
double critical(double degrees) {
  const double a = 2 / (9 * degrees);
  return degrees * std::pow(1 - a + 3.0902 * std::sqrt(a), 3);
}

// What is rare comes into one bin, so that every bin is filled.
struct ChiSquare {
  double sum = 0, degrees = -1;
  void add(double difference_squared, double variance) {
    sum += difference_squared / variance;
    ++degrees;
  }
};

// Counts against probabilities that may leave some mass to "all others".
ChiSquare against(const Counts& counts, const Counts& probabilities, double draws) {
  ChiSquare chi;
  double rest_counts = draws, rest_probability = 1;
  for (const auto& [ids, p] : probabilities) {
    if (p * draws < 10) continue;
    const auto found = counts.find(ids);
    const double count = found == counts.end() ? 0 : found->second;
    chi.add((count - p * draws) * (count - p * draws), p * draws);
    rest_counts -= count;
    rest_probability -= p;
  }
  if (rest_probability * draws >= 10)
    chi.add((rest_counts - rest_probability * draws) * (rest_counts - rest_probability * draws),
            rest_probability * draws);
  return chi;
}

// Two samples of the same size.
ChiSquare between(const Counts& one, const Counts& other, double draws) {
  ChiSquare chi;
  double rest_one = draws, rest_other = draws;
  for (const auto& [ids, count] : other) {
    const auto found = one.find(ids);
    const double own = found == one.end() ? 0 : found->second;
    if (own + count < 20) continue;
    chi.add((own - count) * (own - count), own + count);
    rest_one -= own;
    rest_other -= count;
  }
  if (rest_one + rest_other >= 20) chi.add((rest_one - rest_other) * (rest_one - rest_other), rest_one + rest_other);
  return chi;
}

Counts draw(const SubwordSampler& sampler, const std::string& normalized, double alpha, int draws) {
  Counts counts;
  for (int i = 0; i < draws; ++i) {
    PhiloxStream random(derive_key(17, KeyUse::sampled_lines, static_cast<std::uint64_t>(i)));
    ++counts[sampler.sample(normalized, alpha, random)];
  }
  return counts;
}

SubwordPiece piece(std::string text, float score, PieceKind kind = PieceKind::normal) {
  return {std::move(text), score, kind};
}

// Letters a, b, c, the merges ab, bc, abc, ca and cab in this order of rank, a symbol and the mark of a space.
SubwordModel small_bpe() {
  SubwordModel model;
  model.type = 2;
  model.pieces = {piece("<unk>", 0, PieceKind::unknown),
                  piece("a", -9),
                  piece("b", -9),
                  piece("c", -9),
                  piece("ab", -1),
                  piece("bc", -2),
                  piece("abc", -3),
                  piece("ca", -4),
                  piece("cab", -5),
                  piece("<x>", 0, PieceKind::user_defined),
                  piece("\u2581", -9),
                  piece("\u2581a", -6)};
  return model;
}

// The definition of BPE dropout as a walk over all states of a word: Provilkov et al. 2020, algorithm 1.
class Definition {
 public:
  Definition(const SubwordModel& model, double p) : subwords_(model), p_(p) {}

  std::map<std::vector<std::string>, double> distribution(const std::vector<std::string>& word) {
    struct Merge {
      std::size_t at;
      float score;
    };
    std::vector<Merge> merges;
    for (std::size_t i = 0; i + 1 < word.size(); ++i)
      if (const auto id = subwords_.find(word[i] + word[i + 1]); id >= 0) merges.push_back({i, subwords_[id].score});
    std::stable_sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) { return a.score > b.score; });
    std::map<std::vector<std::string>, double> result;
    double all_better_dropped = 1;
    for (const auto& merge : merges) {
      auto next = word;
      next[merge.at] += next[merge.at + 1];
      next.erase(next.begin() + static_cast<std::ptrdiff_t>(merge.at) + 1);
      for (const auto& [end, probability] : distribution(next))
        result[end] += all_better_dropped * (1 - p_) * probability;
      all_better_dropped *= p_;
    }
    result[word] += all_better_dropped;
    return result;
  }

 private:
  Subwords subwords_;
  double p_;
};

Counts distribution_of(const SubwordModel& model, const std::vector<std::string>& letters, double p) {
  const Subwords subwords(model);
  Counts probabilities;
  for (const auto& [pieces, probability] : Definition(model, p).distribution(letters)) {
    Ids ids;
    for (const auto& text : pieces) ids.push_back(subwords.find(text));
    probabilities[ids] += probability;
  }
  return probabilities;
}

}  // namespace

TEST_CASE("subwords: the best segmentation is the tokenizer's") {
  const Json lines = parse_json(test::slurp(golden("subwords.json")), "subwords.json");
  for (const auto& [name, entries] : lines["models"].items()) {
    const auto tokenizer = load_tokenizer(golden("subwords_" + name + ".model"));
    const auto sampler = make_subword_sampler(*tokenizer);
    for (const Json& entry : entries) {
      const auto line = entry["line"].get<std::string>();
      INFO(name << ": " << line);
      CHECK(sampler->best(tokenizer->normalize(line)) == tokenizer->encode(line));
    }
  }
}

TEST_CASE("subwords: thousands of lines are segmented as SentencePiece does it, by both kinds of models") {
  const test::Scratch scratch;
  const std::string corpus = test::test_environment("ATTEND_SOURCE") + "/data/numbers/validation.";
  for (const auto algorithm : values_of<SubwordAlgorithm>()) {
    TokenizerConfig config;
    config.algorithm = algorithm;
    config.vocab_size = 500;
    config.user_symbols = {"<2de>", "Emma"};
    const auto tokenizer = train_tokenizer(config, lines_of({corpus + "en", corpus + "de"}));
    const auto sampler = make_subword_sampler(*tokenizer);
    auto lines = lines_of({corpus + "en", corpus + "de"});
    int different = 0;
    for (std::string line; lines(line);)
      different += sampler->best(tokenizer->normalize("<2de> " + line)) != tokenizer->encode("<2de> " + line);
    INFO(name_of(algorithm));
    CHECK(different == 0);
  }
}

TEST_CASE("unigram sampling: segmentations come as often as SentencePiece draws them") {
  const Json file = parse_json(test::slurp(golden("subword_sampling.json")), "subword_sampling.json");
  const auto tokenizer = load_tokenizer(golden("subwords_unigram.model"));
  const auto sampler = make_subword_sampler(*tokenizer);
  const int draws = file["draws"].get<int>();
  for (const Json& entry : file["lines"]) {
    Counts theirs;
    for (const Json& row : entry["segmentations"]) theirs[row["ids"].get<Ids>()] = row["count"].get<double>();
    const auto ours =
        draw(*sampler, tokenizer->normalize(entry["line"].get<std::string>()), entry["alpha"].get<double>(), draws);
    const auto chi = between(ours, theirs, draws);
    INFO(entry["line"] << ", alpha " << entry["alpha"] << ": chi-square " << chi.sum << ", " << chi.degrees
                       << " degrees of freedom");
    if (chi.degrees > 0) CHECK(chi.sum < critical(chi.degrees));
    if (chi.degrees <= 0) CHECK(ours.begin()->first == theirs.begin()->first);
  }
}

TEST_CASE("BPE dropout: segmentations of a word come as often as the definition says") {
  constexpr int kDraws = 40000;
  const auto model = small_bpe();
  const auto sampler = make_bpe_sampler(small_bpe());
  for (const std::string word : {"abc", "cabab", "abcabc", "cccab"})
    for (const double p : {0.1, 0.5, 0.9}) {
      std::vector<std::string> letters;
      for (const char letter : word) letters.emplace_back(1, letter);
      const auto chi = against(draw(*sampler, word, p, kDraws), distribution_of(model, letters, p), kDraws);
      INFO(word << ", p " << p << ": chi-square " << chi.sum << ", " << chi.degrees << " degrees of freedom");
      CHECK(chi.degrees >= 2);
      CHECK(chi.sum < critical(chi.degrees));
    }
}

TEST_CASE("BPE dropout: words of a line are drawn apart, and at p = 1 nothing is merged") {
  constexpr int kDraws = 40000;
  const auto sampler = make_bpe_sampler(small_bpe());
  const auto one = distribution_of(small_bpe(), {"\u2581", "a", "b"}, 0.5),
             other = distribution_of(small_bpe(), {"\u2581", "b", "c"}, 0.5);
  Counts both;
  for (const auto& [left, p] : one)
    for (const auto& [right, q] : other) {
      Ids ids = left;
      ids.insert(ids.end(), right.begin(), right.end());
      both[ids] += p * q;
    }
  const auto chi = against(draw(*sampler, "\u2581ab\u2581bc", 0.5, kDraws), both, kDraws);
  INFO("chi-square " << chi.sum << ", " << chi.degrees << " degrees of freedom");
  CHECK(chi.sum < critical(chi.degrees));
  PhiloxStream random(1);
  CHECK(sampler->sample("\u2581abc", 1.0, random) == Ids{10, 1, 2, 3});
}

TEST_CASE("subword sampling: a draw is its key's, symbols are never cut, and every draw is the text") {
  for (const std::string name : {"bpe", "unigram"}) {
    const auto tokenizer = load_tokenizer(golden("subwords_" + name + ".model"));
    const auto sampler = make_subword_sampler(*tokenizer);
    const auto text = tokenizer->normalize("der <name> kauft drei Bücher");
    std::map<Ids, int> seen;
    for (std::uint64_t key = 0; key < 200; ++key) {
      PhiloxStream random(key), same(key);
      const auto ids = sampler->sample(text, 0.3, random);
      CHECK(sampler->sample(text, 0.3, same) == ids);
      ++seen[ids];
      std::string joined;
      for (const auto id : ids) joined += tokenizer->piece(id);
      if (name == "bpe") CHECK(joined == text);
      if (name == "bpe")
        CHECK(std::count_if(ids.begin(), ids.end(), [&](auto id) { return tokenizer->piece(id) == "<name>"; }) == 1);
      CHECK(tokenizer->decode(ids) == "der <name> kauft drei Bücher");
    }
    CHECK(seen.size() > 10);
  }
}

TEST_CASE("subword sampling: symbols of a unigram model are never cut either") {
  SubwordModel model;
  model.pieces = {
      piece("<unk>", 0, PieceKind::unknown),    piece("<", -1),  piece("x", -1), piece(">", -1), piece("x>", -1),
      piece("<x>", 0, PieceKind::user_defined), piece("a<", -1), piece("a", -1)};
  const auto sampler = make_unigram_sampler(model);
  const auto counts = draw(*sampler, "a<x>a", 0.1, 500);
  CHECK(counts.size() == 1);
  CHECK(counts.begin()->first == Ids{7, 5, 7});
}

TEST_CASE("subword sampling: text without pieces, empty text, and tokenizers without subwords") {
  const auto bpe = make_bpe_sampler(small_bpe());
  PhiloxStream random(3);
  CHECK(bpe->sample("", 0.5, random).empty());
  CHECK(bpe->best("xyz") == Ids{0});
  CHECK(bpe->best("xaby") == Ids{0, 4, 0});
  const std::string endless(100000, 'a');  // no word of this world, and no minute either
  CHECK(bpe->sample(endless, 0.1, random).size() == endless.size());
  TokenizerConfig config;
  config.type = TokenizerType::byte;
  CHECK_THROWS_AS(make_subword_sampler(*train_tokenizer(config, {})), ConfigError);
  auto unused = small_bpe();
  unused.pieces.push_back(piece("cc", -7, PieceKind::unused));
  CHECK_THROWS_AS(make_bpe_sampler(unused), ConfigError);
}
