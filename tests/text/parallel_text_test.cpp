#include "attend/text/parallel_text.h"

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "tests/support/gzip.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using attend::test::gzipped;
using attend::test::Scratch;
using Catch::Matchers::Contains;
using Lines = std::vector<std::string>;

TEST_CASE("pairs: parallel files of unequal length are refused with both counts") {
  const Scratch scratch;
  const auto source = scratch.file("s", "a\nb\nc\n"), target = scratch.file("t", "a\nb\n"),
             empty = scratch.file("e", "");
  CHECK_THROWS_AS(read_parallel_text({source, target, {}}), DataError);
  CHECK_THROWS_WITH(read_parallel_text({source, target, {}}), Contains("got 3 and 2"));
  CHECK_THROWS_WITH(read_parallel_text({target, source, {}}), Contains("got 2 and 3"));
  CHECK_THROWS_WITH(read_parallel_text({source, empty, {}}), Contains("/e]") && Contains("empty file"));
  CHECK(read_parallel_text({source, source, {}}).target == Lines{"a", "b", "c"});
}

TEST_CASE("pairs: two files, a TSV and their gzip are the same pairs") {
  const LogLevel before = log_level();
  set_log_level(LogLevel::error);  // of the byte order mark and the CR
  const Scratch scratch;
  const std::string source = "one\n\nthree\n",
                    target =
                        "\xEF\xBB\xBF"
                        "eins\r\nzwei\r\n\r\n",
                    tsv = "one\teins\n\tzwei\nthree\t";
  const Lines sources{"one", "", "three"}, targets{"eins", "zwei", ""};
  for (const bool packed : {false, true}) {
    const auto file = [&](const char* name, const std::string& text) {
      return scratch.file(name, packed ? gzipped(text) : text);
    };
    for (const PairFiles& files :
         {PairFiles{file("s", source), file("t", target), {}}, PairFiles{{}, {}, file("tsv", tsv)}}) {
      const ParallelText text = read_parallel_text(files);
      CHECK(text.source == sources);
      CHECK(text.target == targets);
    }
  }
  set_log_level(before);
}

TEST_CASE("pairs: weights stand in a third column or in a file, a number of at least 0 a line") {
  const Scratch scratch;
  const auto s = scratch.file("s", "a\nb\nc\n"), t = scratch.file("t", "A\nB\nC\n");
  const auto weights_in = [](const PairFiles& files) {
    std::vector<double> weights;
    PairReader reader(files);
    for (std::string source, target; reader.next(source, target);) weights.push_back(reader.weight());
    return weights;
  };
  const auto column = [&](const std::string& text) {
    return weights_in({{}, {}, scratch.file("w.tsv", text), {}, true});
  };
  const auto file = [&](const std::string& text) { return weights_in({s, t, {}, scratch.file("w", text)}); };
  CHECK((weights_in({s, t, {}}) == std::vector<double>{1, 1, 1}));
  CHECK((column("a\tA\t2\nb\tB\t0.5\nc\tC\t0\n") == std::vector<double>{2, 0.5, 0}));
  CHECK((file("1e-3\n 7\n0\n") == std::vector<double>{1e-3, 7, 0}));
  CHECK(read_parallel_text({{}, {}, scratch / "w.tsv", {}, true}).target == Lines{"A", "B", "C"});
  for (const std::string bad : {"-1", "x", "", "nan", "inf", "1,5", "1e10", "1e-10", "1e-300"}) {
    INFO(bad);
    CHECK_THROWS_AS(file("1\n" + bad + "\n1\n"), DataError);
    CHECK_THROWS_WITH(file("1\n" + bad + "\n1\n"), Contains("/w:2:1]") && Contains("weight of a pair"));
    CHECK_THROWS_WITH(column("a\tA\t1\nb\tB\t" + bad + "\n"), Contains("w.tsv:2:1]") && Contains("weight of a pair"));
  }
  CHECK_THROWS_WITH(file("1\n1\n"), Contains("/w]") && Contains("got 2 lines for at least 3 pairs"));
  CHECK_THROWS_WITH(file("1\n1\n1\n1\n1\n"), Contains("/w]") && Contains("got 5 lines for 3 pairs"));
  CHECK_THROWS_WITH(column("a\tA\n"), Contains("w.tsv:1:1]") && Contains("1 tab") && Contains("a weight"));
}

TEST_CASE("pairs: a line of a TSV without exactly one tab is named") {
  const Scratch scratch;
  const auto read = [&](const std::string& text) {
    return read_parallel_text({{}, {}, scratch.file("corpus.tsv", text)});
  };
  CHECK_THROWS_AS(read("a\tb\nc d\n"), DataError);
  CHECK_THROWS_WITH(read("a\tb\nc d\n"), Contains("corpus.tsv:2:1]") && Contains("no tab"));
  CHECK_THROWS_WITH(read("a\tb\n\nc\td\n"), Contains("corpus.tsv:2:1]"));
  CHECK_THROWS_WITH(read("a\tb\nc\td\n0\t1\t2\n"),
                    Contains("corpus.tsv:3:1]") && Contains("2 tabs") && Contains("cut -f 1,2"));
  CHECK_THROWS_WITH(read(""), Contains("empty file"));
}
