#include "attend/metrics/ter.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "attend/metrics/translation_edits.h"
#include "tests/support/test.h"

using namespace attend;

namespace {

Words counting(std::int32_t count) {
  Words words(static_cast<std::size_t>(count));
  std::iota(words.begin(), words.end(), 0);
  return words;
}

Words drawn(std::mt19937& random, std::size_t most, std::int32_t different) {
  Words words(random() % (most + 1));
  for (auto& word : words) word = static_cast<std::int32_t>(random() % static_cast<unsigned>(different));
  return words;
}

// The textbook's table, all of it.
std::int64_t plain_distance(const Words& a, const Words& b) {
  std::vector<std::int64_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::int64_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::int64_t above = row[j];
      row[j] = std::min({diagonal + (a[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

TEST_CASE("ter: the values that sacreBLEU's own tests hold") {
  CHECK(corpus_ter({"aaaa bbbb cccc dddd"}, {{"aaaa bbbb cccc dddd"}}) == 0);
  CHECK(corpus_ter({"dddd eeee ffff"}, {{"aaaa bbbb cccc"}}) == 100);
  CHECK(corpus_ter({""}, {{"a"}}) == 100);
  CHECK(corpus_ter({"d e f g h a b c"}, {{"a b c d e f g h"}}) == Approx(100.0 / 8));
}

TEST_CASE("ter: case does not count, and the mean length of the references does") {
  CHECK(corpus_ter({"\u00C4RGER \u039F\u03A3"}, {{"\u00E4rger \u03BF\u03C2"}}) == 0);
  const TerStatistics statistics = ter_statistics("a b c", {"x y", "a b c d e"});
  CHECK(statistics.edits == 2);
  CHECK(statistics.reference_length == 3.5);
}

TEST_CASE("ter: against an empty reference every word is an edit") {
  CHECK(corpus_ter({"a b"}, {{""}}) == 100);
  CHECK(corpus_ter({""}, {{""}}) == 0);
  CHECK(corpus_ter({"a b", "c"}, {{"", "c"}}) == 200);
}

TEST_CASE("translation edits: a stretch of up to ten words that moved by up to fifty places is one edit") {
  const Words reference = counting(200);
  const auto moved = [&](std::int64_t from, std::int64_t length, std::int64_t to) {
    Words words = reference;
    std::rotate(words.begin() + to, words.begin() + from, words.begin() + from + length);
    return translation_edits(words, reference);
  };
  CHECK(moved(60, 1, 10) == 1);
  CHECK(moved(60, 10, 30) == 1);
  CHECK(moved(60, 11, 30) == 2);
  CHECK(moved(90, 1, 10) == 2);  // too far: taken out and put in
}

TEST_CASE(
    "translation edits: no more than without shifts, none for equal words, no fewer than the lengths "
    "differ") {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    const Words a = drawn(random, 24, 5), b = drawn(random, 24, 5);
    const std::int64_t edits = translation_edits(a, b);
    CHECK(edits <= plain_distance(a, b));
    CHECK(edits >= std::abs(static_cast<std::int64_t>(a.size()) - static_cast<std::int64_t>(b.size())));
    CHECK(translation_edits(a, a) == 0);
  }
}

TEST_CASE("edit distance: where the band covers the table it is the textbook's") {
  std::mt19937 random(2);
  for (int i = 0; i < 300; ++i) {
    const Words a = drawn(random, 24, 4), b = drawn(random, 24, 4);
    BandedEditDistance table(b, a.size());
    CHECK(table.solve(a) == plain_distance(a, b));
  }
}

TEST_CASE("edit distance: of words with a known beginning it is that of the whole") {
  std::mt19937 random(3);
  for (int i = 0; i < 100; ++i) {
    const Words a = drawn(random, 120, 6), reference = drawn(random, 60, 6);
    if (a.empty()) continue;
    Words b = a;
    const std::size_t same = random() % a.size();
    std::shuffle(b.begin() + static_cast<std::ptrdiff_t>(same), b.end(), random);
    BandedEditDistance table(reference, a.size()), other(reference, a.size());
    table.solve(a);
    CHECK(table.distance(b, same) == other.solve(b));
    CHECK(table.distance(a, same) == table.solve(a));
  }
}

TEST_CASE("edit distance: errors of an alignment add up to the distance") {
  std::mt19937 random(4);
  for (int i = 0; i < 200; ++i) {
    const Words a = drawn(random, 90, 3), b = drawn(random, 40, 3);
    BandedEditDistance table(b, a.size());
    const std::int64_t distance = table.solve(a);
    const auto alignment = table.alignment();
    std::int64_t errors =
        std::ranges::count(alignment.hypothesis_error, true);  // substitutions and deletions
    for (std::size_t j = 0; j < b.size(); ++j) {               // insertions share their place
      const bool shares = j > 0 ? alignment.place[j] == alignment.place[j - 1] : alignment.place[j] < 0;
      errors += alignment.reference_error[j] && shares;
      CHECK((j == 0 || alignment.place[j] >= alignment.place[j - 1]));
    }
    CHECK(errors == distance);
  }
}

TEST_CASE("edit distance: the band sees only the end of a reference that is far longer") {
  // Computed with sacreBLEU 2.6: the words are equal at the beginning, which the last rows do not reach.
  CHECK(translation_edits(counting(1), counting(500)) == 500);
  CHECK(translation_edits(counting(3), counting(300)) == 300);
  CHECK(translation_edits(counting(500), counting(1)) == 499);
  CHECK(translation_edits(counting(300), counting(3)) == 297);
  CHECK(translation_edits({}, counting(90)) == 90);
}
