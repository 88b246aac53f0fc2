// Unpacks gzip as it comes (RFC 1952), several members one after the other as gzip itself writes and reads them. A
// stream that is damaged, cut short or blown up is a DataError.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "attend/core/limits.h"

struct z_stream_s;

namespace attend {

inline bool is_gzip(std::string_view start) { return start.starts_with("\x1F\x8B"); }

class GzipReader {
 public:
  explicit GzipReader(std::string name);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Unpacks from `packed`, which loses what was used, at most `room` bytes to `out`. 0: it needs more input.
  std::size_t unpack(std::string_view& packed, char* out, std::size_t room);
  // The input has ended: DataError unless it ended where a member does.
  void finish() const;

 private:
  void begin_member(std::string_view& packed);
  std::size_t inflate_some(std::string_view& packed, char* out, std::size_t room);
  void check_size() const;
  [[noreturn]] void damaged(std::string_view reason) const;

  std::string name_;
  z_stream_s* stream_;
  std::uint64_t packed_ = 0, unpacked_ = 0;  // bytes so far
  bool between_members_ = false, was_full_ = false;
};

}  // namespace attend
