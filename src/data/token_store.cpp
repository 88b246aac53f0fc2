#include "attend/data/token_store.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>

#include "attend/core/error.h"
#include "attend/core/mapped_file.h"

namespace attend {
namespace {

static_assert(std::endian::native == std::endian::little, "ids are little-endian");
constexpr std::int64_t kCheckedTogether = 1 << 20;

template <class Id>
Id id_at(const std::uint8_t* bytes, std::int64_t place) {
  Id id;
  std::memcpy(&id, bytes + place * static_cast<std::int64_t>(sizeof id), sizeof id);
  return id;
}

// Without a branch a vocabulary is checked as fast as memory is read.
template <class Id>
bool all_below(const std::uint8_t* bytes, std::int64_t begin, std::int64_t end, std::int64_t vocabulary) {
  Id largest = 0;
  for (auto i = begin; i < end; ++i) largest = std::max(largest, id_at<Id>(bytes, i));
  return static_cast<std::int64_t>(largest) < vocabulary;
}

}  // namespace

std::int64_t bytes_of(IdType type) {
  switch (type) {
    case IdType::uint16: return 2;
    case IdType::uint32: return 4;
  }
  return 4;
}

IdType id_type_for(std::int64_t vocabulary) { return vocabulary <= 1 << 16 ? IdType::uint16 : IdType::uint32; }

TokenStore::TokenStore(Bytes bytes, std::int64_t vocabulary, std::string name)
    : bytes_(std::move(bytes)), vocabulary_(vocabulary), name_(std::move(name)) {
  const auto size = static_cast<std::int64_t>(bytes_.bytes.size());
  if (size % bytes_of(bytes_.type) != 0)
    throw ModelError("[", name_, "] expected ids of ", bytes_of(bytes_.type), " bytes, got a file of ", size,
                     " bytes; it is cut short");
  end_ = size / bytes_of(bytes_.type);
}

template <class Visit>
auto TokenStore::with_ids(const Visit& visit) const {
  return bytes_.type == IdType::uint16 ? visit(std::uint16_t{}) : visit(std::uint32_t{});
}

void TokenStore::read(std::int64_t begin, std::int64_t count, std::int64_t* ids) const {
  with_ids([&](auto kind) {
    for (std::int64_t i = 0; i < count; ++i) {
      ids[i] = static_cast<std::int64_t>(id_at<decltype(kind)>(bytes_.bytes.data(), begin_ + begin + i));
      if (ids[i] >= vocabulary_) refuse(begin_ + begin + i);
    }
  });
}

void TokenStore::check() const {
  std::atomic<std::int64_t> bad{end_};
  at::parallel_for(begin_, end_, kCheckedTogether, [&](std::int64_t begin, std::int64_t end) {
    with_ids([&](auto kind) {
      using Id = decltype(kind);
      const auto* bytes = bytes_.bytes.data();
      if (all_below<Id>(bytes, begin, end, vocabulary_)) return;
      while (static_cast<std::int64_t>(id_at<Id>(bytes, begin)) < vocabulary_) ++begin;
      for (auto first = bad.load(); begin < first && !bad.compare_exchange_weak(first, begin);) {}
    });
  });
  if (bad < end_) refuse(bad);
}

TokenStore TokenStore::part(std::int64_t begin, std::int64_t end, std::string_view what) const {
  TokenStore some = *this;
  some.name_ = concat(name_, ", ", what);
  some.begin_ = begin_ + begin;
  some.end_ = begin_ + end;
  if (some.size() < size()) some.text_bytes_ = -1;
  return some;
}

void TokenStore::refuse(std::int64_t place) const {
  const auto id =
      with_ids([&](auto kind) { return static_cast<std::int64_t>(id_at<decltype(kind)>(bytes_.bytes.data(), place)); });
  throw DataError("[", name_, "] expected ids below ", vocabulary_, ", got ", id, " at place ", place,
                  "; is it the file of another vocabulary, or of another type of id?");
}

TokenStore::Bytes map_ids(const fs::path& file, IdType type) {
  const auto map = std::make_shared<const MappedFile>(file, ExitCode::data);
  return {map, {map->data(), map->size()}, type};
}

}  // namespace attend
