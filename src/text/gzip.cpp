#include "gzip.h"

#define ZLIB_CONST  // input is const
#include <zlib.h>

#include <algorithm>
#include <new>

#include "attend/core/error.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr int kGzipOnly = 16 + MAX_WBITS;  // a gzip header is expected, and its checksum verified

}  // namespace

GzipReader::GzipReader(std::string name) : name_(std::move(name)), stream_(new z_stream{}) {
  if (inflateInit2(stream_, kGzipOnly) != Z_OK) {
    delete stream_;
    throw std::bad_alloc();
  }
}

GzipReader::~GzipReader() {
  inflateEnd(stream_);
  delete stream_;
}

std::size_t GzipReader::unpack(std::string_view& packed, char* out, std::size_t room) {
  std::size_t made = 0;
  do {
    if (between_members_) begin_member(packed);
    // Where the last call filled its room, zlib may hold more without any input.
    if (between_members_ || (packed.empty() && !was_full_)) return 0;
    made = inflate_some(packed, out, room);
    was_full_ = made == room;
    check_size();
  } while (made == 0);
  return made;
}

std::size_t GzipReader::inflate_some(std::string_view& packed, char* out, std::size_t room) {
  constexpr std::size_t kMost = 1 << 30;  // zlib counts in 32 bits
  stream_->next_in = reinterpret_cast<const Bytef*>(packed.data());
  stream_->avail_in = static_cast<uInt>(std::min(packed.size(), kMost));
  stream_->next_out = reinterpret_cast<Bytef*>(out);
  stream_->avail_out = static_cast<uInt>(std::min(room, kMost));
  const int result = inflate(stream_, Z_NO_FLUSH);
  const auto used = std::min(packed.size(), kMost) - stream_->avail_in;
  const auto made = std::min(room, kMost) - stream_->avail_out;
  packed.remove_prefix(used);
  packed_ += used;
  unpacked_ += made;
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)  // the last: no progress without input
    damaged(stream_->msg == nullptr ? "unexpected bytes" : stream_->msg);
  between_members_ = result == Z_STREAM_END;
  return made;
}

// Zeros after the last member are padding; anything but another member is no gzip.
void GzipReader::begin_member(std::string_view& packed) {
  const auto start = std::min(packed.find_first_not_of('\0'), packed.size());
  packed_ += start;
  packed.remove_prefix(start);
  if (packed.empty()) return;
  if (packed.front() != '\x1F') damaged("bytes after its end");
  inflateReset(stream_);
  between_members_ = false;
}

void GzipReader::check_size() const {
  if (unpacked_ > kGzipRatioFrom && unpacked_ / kMaxGzipRatio > packed_)
    throw DataError("[", name_, "] expected gzip that unpacks to at most ", kMaxGzipRatio, " times its size, got ",
                    format_count(static_cast<std::int64_t>(unpacked_)), " bytes out of ",
                    format_count(static_cast<std::int64_t>(packed_)),
                    "; this is no text. Unpack it yourself if it is what you want");
  if (unpacked_ > kMaxUnpackedBytes)
    throw DataError("[", name_, "] expected at most ", format_count(static_cast<std::int64_t>(kMaxUnpackedBytes)),
                    " bytes in a gzip file, got more; split it");
}

void GzipReader::finish() const {
  if (between_members_) return;
  throw DataError("[", name_, "] expected a whole gzip file, got one that ends in the middle, after ",
                  format_count(static_cast<std::int64_t>(unpacked_)),
                  " bytes of text; it was cut short: copy it again");
}

void GzipReader::damaged(std::string_view reason) const {
  throw DataError("[", name_, "] expected gzip, got damaged data after ",
                  format_count(static_cast<std::int64_t>(unpacked_)), " bytes of text (", reason, "); copy it again");
}

}  // namespace attend
