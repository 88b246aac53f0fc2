// The ids of a text, in memory, in a mapped cache or in another program's file, so a text may be larger than memory.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attend/config/config.h"
#include "attend/core/file.h"

namespace attend {

std::int64_t bytes_of(IdType type);  // size of one id
// Returns the smaller type that can hold the ids of a vocabulary.
IdType id_type_for(std::int64_t vocabulary);

class TokenStore {
 public:
  struct Bytes {
    std::shared_ptr<const void> owner;  // keeps the bytes alive
    std::span<const std::uint8_t> bytes;
    IdType type = IdType::uint16;
  };
  // `name` appears in messages. Throws ModelError unless the bytes are a whole number of ids.
  TokenStore(Bytes bytes, std::int64_t vocabulary, std::string name);

  std::int64_t size() const { return end_ - begin_; }
  std::int64_t vocabulary() const { return vocabulary_; }
  const std::string& name() const { return name_; }
  // Reads the ids begin .. begin + count - 1. Throws DataError with the place of an id outside the vocabulary.
  void read(std::int64_t begin, std::int64_t count, std::int64_t* ids) const;
  // Reads every id once; throws DataError in the same way.
  void check() const;
  // Returns the ids from begin to end as another store, which shares the bytes. Messages call it "NAME, WHAT".
  TokenStore part(std::int64_t begin, std::int64_t end, std::string_view what) const;
  // Returns the size in bytes of the text that these ids encode, without first tokens that nothing precedes. -1 means
  // unknown, as for ids of another program.
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

// Maps the bytes of a file.
TokenStore::Bytes map_ids(const fs::path& file, IdType type);

}  // namespace attend
