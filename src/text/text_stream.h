// The bytes behind a LineReader: a file, a pipe or standard input, as they are or unpacked from gzip. Gzip is known by
// its first two bytes, which no UTF-8 text starts with, so names do not matter.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "gzip.h"

namespace attend {

class TextStream {
 public:
  explicit TextStream(const std::filesystem::path& path);  // "-": standard input. DataError
  ~TextStream();
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;

  // The next bytes, at most `room`; 0 at the end only.
  std::size_t read(char* out, std::size_t room);
  // False when nothing comes for a moment: a producer that is silent waits for an answer.
  bool more_is_waiting() const;
  const std::string& name() const { return name_; }

 private:
  std::size_t read_raw(char* out, std::size_t room);
  void look_at_start();

  std::string name_;
  int descriptor_ = -1;
  bool started_ = false;
  std::string raw_;            // read from the descriptor
  std::string_view waiting_;   // of raw_, not yet given out
  std::unique_ptr<GzipReader> gzip_;
};

}  // namespace attend
