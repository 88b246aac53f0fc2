// What a file may hold before it is refused: every limit on other people's bytes, in one place (SECURITY.md prints
// them). Beyond these, nothing is allocated for a length field that the file itself is too short for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attend {

// YAML, wherever it comes from.
inline constexpr std::size_t kMaxYamlBytes = 1 << 20;
inline constexpr std::size_t kMaxYamlDepth = 64;
// Faults that one report lists; the others are counted.
inline constexpr std::size_t kMaxProblems = 100;

// JSON: state, manifests, vocabularies.
inline constexpr std::uint64_t kMaxJsonBytes = 16 << 20;
inline constexpr int kMaxJsonDepth = 64;
inline constexpr std::int64_t kMaxJsonValues = 8'000'000;  // each takes up to a hundred bytes of memory
// best.txt and last.txt.
inline constexpr std::uint64_t kMaxPointerBytes = 256;
// metrics.jsonl, which a resumed run reads.
inline constexpr std::uint64_t kMaxMetricsBytes = 1ull << 30;
inline constexpr std::uint64_t kMaxMetricsLineBytes = 1 << 20;

// Text.
inline constexpr std::uint64_t kMaxLineBytes = 1 << 20;
inline constexpr std::uint64_t kMaxDocumentBytes = 64 << 20;  // between blank lines
// Text shrinks 3 to 10 times. What grows more than this on the way back is refused, once it has grown large.
inline constexpr std::uint64_t kMaxGzipRatio = 200;
inline constexpr std::uint64_t kGzipRatioFrom = 16 << 20;        // unpacked bytes
inline constexpr std::uint64_t kMaxUnpackedBytes = 1ull << 40;  // of one file

// SentencePiece models, and vocabularies of byte-level BPE (where there are as many merges as pieces at most).
inline constexpr std::uint64_t kMaxTokenizerBytes = 64u << 20;
inline constexpr std::uint64_t kMaxPieces = 1'000'000;
inline constexpr std::uint64_t kMaxPieceBytes = 1024;
inline constexpr std::uint64_t kMaxCharsmapBytes = 4u << 20;
inline constexpr std::uint64_t kMaxReplacementBytes = 256;  // of one place; Unicode's longest has 33

// safetensors.
inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
inline constexpr std::uint64_t kMaxTensors = 1'000'000;
inline constexpr std::uint64_t kMaxRank = 8;
inline constexpr std::uint64_t kMaxTensorName = 512;  // bytes
inline constexpr std::uint64_t kMaxMetadata = 100'000;  // keys

}  // namespace attend
