// Every limit on the content of files that others made, in one place (SECURITY.md prints them). A file beyond a limit
// is refused. Besides, no memory is allocated for a length field when the file itself is too short for that length.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attend {

// YAML, from any source.
inline constexpr std::size_t kMaxYamlBytes = 1 << 20;
inline constexpr std::size_t kMaxYamlDepth = 64;
// A report lists this many faults and counts the others.
inline constexpr std::size_t kMaxProblems = 100;

// JSON: state, manifests, vocabularies.
inline constexpr std::uint64_t kMaxJsonBytes = 16 << 20;
inline constexpr int kMaxJsonDepth = 64;
inline constexpr std::int64_t kMaxJsonValues = 8'000'000;  // each value takes up to a hundred bytes of memory
// best.txt and last.txt.
inline constexpr std::uint64_t kMaxPointerBytes = 256;
// metrics.jsonl, which a resumed run reads.
inline constexpr std::uint64_t kMaxMetricsBytes = 1ull << 30;
inline constexpr std::uint64_t kMaxMetricsLineBytes = 1 << 20;

// Text.
inline constexpr std::uint64_t kMaxLineBytes = 1 << 20;
inline constexpr std::uint64_t kMaxDocumentBytes = 64 << 20;  // size of a document between blank lines
// Gzip makes text 3 to 10 times smaller. A file is refused when it unpacks to more than kMaxGzipRatio times its size
// and to more than kGzipRatioFrom bytes.
inline constexpr std::uint64_t kMaxGzipRatio = 200;
inline constexpr std::uint64_t kGzipRatioFrom = 16 << 20;       // unpacked bytes
inline constexpr std::uint64_t kMaxUnpackedBytes = 1ull << 40;  // size of one file

// SentencePiece models, and vocabularies of byte-level BPE (which have at most as many merges as pieces).
inline constexpr std::uint64_t kMaxTokenizerBytes = 64u << 20;
inline constexpr std::uint64_t kMaxPieces = 1'000'000;
inline constexpr std::uint64_t kMaxPieceBytes = 1024;
inline constexpr std::uint64_t kMaxCharsmapBytes = 4u << 20;
inline constexpr std::uint64_t kMaxReplacementBytes = 256;  // longest replacement; Unicode's has 33 bytes

// safetensors.
inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
inline constexpr std::uint64_t kMaxTensors = 1'000'000;
inline constexpr std::uint64_t kMaxRank = 8;
inline constexpr std::uint64_t kMaxTensorName = 512;    // bytes
inline constexpr std::uint64_t kMaxMetadata = 100'000;  // number of keys

}  // namespace attend
