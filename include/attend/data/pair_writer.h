// Writes the arrays of a PairStore, in memory or into files, without ever holding more than a few pairs.
#pragma once

#include <optional>

#include "attend/data/pair_store.h"

namespace attend {

// Takes pairs one after the other. Memory and files get the same bytes.
class PairWriter {
 public:
  explicit PairWriter(PairContent content) : content_(content) {}
  virtual ~PairWriter() = default;
  void add(std::span<const std::int32_t> source, std::span<const std::int32_t> target);
  void add(std::string_view source, std::string_view target);
  // Sets the weight of the pair added last. Call it for every pair or for none.
  void add_weight(float weight) { weights(&weight, sizeof weight); }
  void finish();  // writes the last place of the index

 protected:
  virtual void index(const void* data, std::uint64_t bytes) = 0;
  virtual void body(const void* data, std::uint64_t bytes) = 0;
  virtual void weights(const void* data, std::uint64_t bytes) = 0;

 private:
  void place(std::uint64_t source, std::uint64_t target);

  PairContent content_;
  std::uint64_t elements_ = 0;
  std::vector<std::uint8_t> packed_;
};

class MemoryPairWriter final : public PairWriter {
 public:
  using PairWriter::PairWriter;
  PairStore::Arrays arrays() const;

 private:
  struct Memory {
    std::vector<std::uint64_t> index;
    std::vector<std::uint8_t> body;
    std::vector<float> weights;
  };
  void index(const void* data, std::uint64_t bytes) override;
  void body(const void* data, std::uint64_t bytes) override;
  void weights(const void* data, std::uint64_t bytes) override;
  std::shared_ptr<Memory> memory_ = std::make_shared<Memory>();
};

class FilePairWriter final : public PairWriter {
 public:
  // An empty path `weights` means that pairs have no weights.
  FilePairWriter(PairContent content, const fs::path& index, const fs::path& body, const fs::path& weights);
  void close();

 private:
  // Collects small writes, so that not every pair needs a system call.
  struct Buffered {
    explicit Buffered(const fs::path& path) : file(path) {}
    void write(const void* data, std::uint64_t bytes);
    void flush();
    OutputFile file;
    std::vector<std::uint8_t> waiting;
  };
  void index(const void* data, std::uint64_t bytes) override { index_.write(data, bytes); }
  void body(const void* data, std::uint64_t bytes) override { body_.write(data, bytes); }
  void weights(const void* data, std::uint64_t bytes) override { weights_.value().write(data, bytes); }
  Buffered index_, body_;
  std::optional<Buffered> weights_;
};

}  // namespace attend
