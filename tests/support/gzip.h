// Gzip for tests, and what goes wrong with it.
#pragma once

#define ZLIB_CONST  // input is const
#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace attend::test {

inline std::string gzipped(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib");
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<const Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::runtime_error("zlib");
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// Unpacks to `megabytes` of short lines.
inline std::string gzip_bomb(std::size_t megabytes) {
  std::string text;
  for (std::size_t i = 0; i < megabytes << 17; ++i) text += "a b c d\n";
  return gzipped(text);
}

}  // namespace attend::test
