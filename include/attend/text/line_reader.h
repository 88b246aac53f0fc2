// Text read line by line, plain or gzip, with every fault named: missing or empty file, invalid UTF-8 with its line and
// column, NUL bytes, over-long lines, unequal line counts. A BOM at the start and CR before LF are removed
// and reported once; other CRs stay and are reported once; a missing newline at the end is fine. Gzip that is cut short, damaged or a bomb is named too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attend/core/limits.h"

namespace attend {

class TextStream;

// Lines longer than this are a fault or, with `cut`, come in pieces: each ends before a space that a word follows or, in
// text without one, between two characters.
struct LongLines {
  std::uint64_t most = kMaxLineBytes;  // bytes
  bool cut = false;
};

// Lines of a file, a pipe or standard input ("-"), read as they come. Only LF ends a line.
// Every fault is a DataError `[file:line:column] expected ..., got ...; hint`, columns counted in bytes
// from 1.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path, LongLines long_lines = {});
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line, or piece of one, without its end; false when there is none left.
  bool next(std::string& line);
  // The next lines, at most `most`: waits for the first, then takes what arrives without a pause. Empty at
  // the end. So someone who types gets an answer to each line, and a file comes in whole windows.
  std::vector<std::string> next_window(std::int64_t most);
  // Lines given so far; the number, counted from 1, of the last one.
  std::int64_t line_number() const { return line_number_; }
  // False behind a piece that the line goes on after, and where the last line ended with the file.
  bool line_has_end() const { return line_has_end_; }
  // The path, or "stdin".
  const std::string& name() const;

 private:
  bool has_line() const;
  bool has_piece() const;
  void fill();
  std::string take_line();
  std::string take_piece();
  std::string given(std::string text);
  void check(const std::string& line) const;
  [[noreturn]] void refuse_long(const std::string& got, std::string_view line) const;
  std::string where(std::size_t column) const;

  std::unique_ptr<TextStream> stream_;
  LongLines long_lines_;
  std::string buffer_;
  std::size_t begin_ = 0;    // of the next line in buffer_
  std::size_t scanned_ = 0;  // no LF before this
  std::int64_t line_number_ = 0;
  std::size_t column_ = 0;  // bytes of the line that were given as pieces
  bool ended_ = false, line_has_end_ = true;
  bool crlf_reported_ = false;
};

// All lines of a UTF-8 file, without line ends. A file without lines is a DataError too.
std::vector<std::string> read_lines(const std::filesystem::path& path);

}  // namespace attend
