// SECURITY.md states limits; the code has them.
#include "attend/core/limits.h"
#include "attend/core/text.h"
#include "tests/support/process.h"
#include "tests/support/scratch.h"
#include "tests/support/test.h"

using namespace attend;
using namespace attend::test;

namespace {

void check_row(const std::string& page, const std::string& begin, const std::vector<std::uint64_t>& limits) {
  const auto at = page.find("\n| " + begin);
  REQUIRE(at != std::string::npos);
  const std::string row = page.substr(at + 1, page.find('\n', at + 1) - at - 1);
  std::string numbers;
  for (const auto limit : limits)
    numbers += (numbers.empty() ? "" : "; ") + format_count(static_cast<std::int64_t>(limit));
  INFO(row << "\nexpected: " << numbers);
  CHECK(contains(row, "| " + numbers));
}

}  // namespace

TEST_CASE("policy: the limits in SECURITY.md are those of the code") {
  const std::string page = slurp(std::filesystem::path(test_environment("ATTEND_SOURCE")) / "SECURITY.md");
  check_row(page, "config:", {kMaxYamlBytes, kMaxYamlDepth});
  check_row(page, "line of text", {kMaxLineBytes});
  check_row(page, "document of a language model", {kMaxDocumentBytes});
  check_row(page, "gzip:", {kMaxGzipRatio, kGzipRatioFrom, kMaxUnpackedBytes});
  check_row(page, "JSON", {kMaxJsonBytes, kMaxJsonDepth, kMaxJsonValues});
  check_row(page, "best.txt", {kMaxPointerBytes});
  check_row(page, "metrics.jsonl", {kMaxMetricsBytes, kMaxMetricsLineBytes});
  check_row(page, "safetensors:", {kMaxHeaderBytes, kMaxTensors, kMaxRank, kMaxTensorName, kMaxMetadata});
  check_row(page,
            "byte-level BPE", {kMaxTokenizerBytes, kMaxPieces, kMaxPieceBytes});
  check_row(page, "SentencePiece model:",
            {kMaxTokenizerBytes, kMaxPieces, kMaxPieceBytes, kMaxCharsmapBytes, kMaxReplacementBytes});
}
