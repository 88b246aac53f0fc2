#include "attend/data/pair_writer.h"

#include <cstring>

#include "attend/core/error.h"

namespace attend {

void PairWriter::place(std::uint64_t source, std::uint64_t target) {
  if (source > kMaxSideElements || target > kMaxSideElements)
    throw DataError("[data] expected lines of at most ", kMaxSideElements, " tokens or bytes, got a longer one");
  if (elements_ + source + target > kMaxElements)
    throw DataError("[data] expected at most ", kMaxElements, " tokens or bytes in a corpus, got more; split it");
  const auto packed = elements_ << kSideBits | source;
  index(&packed, sizeof packed);
  elements_ += source + target;
}

void PairWriter::add(std::span<const std::int32_t> source, std::span<const std::int32_t> target) {
  place(source.size(), target.size());
  const auto width = bytes_of(content_);
  packed_.resize((source.size() + target.size()) * width);
  auto* out = packed_.data();
  for (const auto side : {source, target})
    for (const std::int32_t id : side) {
      std::memcpy(out, &id, width);  // the low bytes
      out += width;
    }
  body(packed_.data(), packed_.size());
}

void PairWriter::add(std::string_view source, std::string_view target) {
  place(source.size(), target.size());
  body(source.data(), source.size());
  body(target.data(), target.size());
}

void PairWriter::finish() { place(0, 0); }

void MemoryPairWriter::index(const void* data, std::uint64_t bytes) {
  std::uint64_t place;
  std::memcpy(&place, data, bytes);
  memory_->index.push_back(place);
}

void MemoryPairWriter::body(const void* data, std::uint64_t bytes) {
  const auto* begin = static_cast<const std::uint8_t*>(data);
  memory_->body.insert(memory_->body.end(), begin, begin + bytes);
}

void MemoryPairWriter::weights(const void* data, std::uint64_t bytes) {
  float weight;
  std::memcpy(&weight, data, bytes);
  memory_->weights.push_back(weight);
}

PairStore::Arrays MemoryPairWriter::arrays() const {
  return {memory_, memory_->index, memory_->body, memory_->weights};
}

FilePairWriter::FilePairWriter(PairContent content, const fs::path& index, const fs::path& body,
                               const fs::path& weights)
    : PairWriter(content), index_(index), body_(body) {
  if (!weights.empty()) weights_.emplace(weights);
}

void FilePairWriter::close() {
  for (auto* file : {&index_, &body_, weights_ ? &*weights_ : nullptr}) {
    if (!file) continue;
    file->flush();
    file->file.close();
  }
}

void FilePairWriter::Buffered::write(const void* data, std::uint64_t bytes) {
  constexpr std::size_t kGather = 1 << 20;
  const auto* begin = static_cast<const std::uint8_t*>(data);
  waiting.insert(waiting.end(), begin, begin + bytes);
  if (waiting.size() >= kGather) flush();
}

void FilePairWriter::Buffered::flush() {
  file.write(waiting.data(), waiting.size());
  waiting.clear();
}

}  // namespace attend
