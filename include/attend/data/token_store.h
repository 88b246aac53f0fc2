// Ids of a text, one after the other, read where they lie: in memory, in a mapped cache or in another program's file, so
// a text may be larger than memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "attend/config/config.h"
#include "attend/core/file.h"

namespace attend {

std::int64_t bytes_of(IdType type);  // of one id
// The smaller one that holds a vocabulary.
IdType id_type_for(std::int64_t vocabulary);

class TokenStore {
 public:
  struct Bytes {
    std::shared_ptr<const void> owner;  // keeps them alive
    std::span<const std::uint8_t> bytes;
    IdType type = IdType::uint16;
  };
  // name: in messages. ModelError unless the bytes are whole ids.
  TokenStore(Bytes bytes, std::int64_t vocabulary, std::string name);

  std::int64_t size() const { return end_ - begin_; }
  std::int64_t vocabulary() const { return vocabulary_; }
  const std::string& name() const { return name_; }
  // Ids begin .. begin + count - 1; DataError with the place of one outside the vocabulary.
  void read(std::int64_t begin, std::int64_t count, std::int64_t* ids) const;
  // Reads every id once; DataError as above.
  void check() const;
  // The ids from begin to end of this store.
  TokenStore part(std::int64_t begin, std::int64_t end) const;
  // Bytes of the text whose ids these are, but for first tokens that nothing precedes; -1: not known, as of ids that another
  // program made.
  std::int64_t text_bytes() const { return text_bytes_; }
  void set_text_bytes(std::int64_t bytes) { text_bytes_ = bytes; }

 private:
  template <class Visit>
  auto with_ids(const Visit& visit) const;
  [[noreturn]] void refuse(std::int64_t place) const;

  Bytes bytes_;
  std::int64_t vocabulary_, begin_ = 0, end_ = 0, text_bytes_ = -1;
  std::string name_;
};

// The mapped bytes of a file.
TokenStore::Bytes map_ids(const fs::path& file, IdType type);

}  // namespace attend
