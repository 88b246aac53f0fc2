// Reads text line by line, plain or gzip. Every fault is reported: missing or empty file, invalid UTF-8 with its line
// and column, NUL bytes, over-long lines, gzip that is cut short, damaged or a bomb. A BOM at the start and CR before
// LF are removed and reported once. Other CRs stay and are reported once. The last line needs no newline.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "attend/core/limits.h"

namespace attend {

class TextStream;

// What happens to lines longer than `most` bytes. They are a fault or, with `cut`, come in pieces. Each piece ends
// before a space that a word follows or, if the text has no space, between two characters.
struct LongLines {
  std::uint64_t most = kMaxLineBytes;  // bytes
  bool cut = false;
};

// Reads the lines of a file, a pipe or standard input ("-") as they arrive. Only LF ends a line. Every fault is a
// DataError `[file:line:column] expected ..., got ...; hint`, with columns counted in bytes from 1.
class LineReader {
 public:
  explicit LineReader(const std::filesystem::path& path, LongLines long_lines = {});
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Stores the next line, or piece of a line, without its end. Returns false when there is none left.
  bool next(std::string& line);
  // Returns up to `most` lines: waits for the first, then takes those that arrive without a pause. Returns an empty
  // list at the end. So someone who types gets an answer to each line, and a file comes in whole windows.
  std::vector<std::string> next_window(std::int64_t most);
  // Returns how many lines were given so far, which is the number of the last one, counted from 1.
  std::int64_t line_number() const { return line_number_; }
  // False after a piece whose line continues, and when the file ended without a newline.
  bool line_has_end() const { return line_has_end_; }
  // Returns the path, or "stdin".
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
  std::size_t begin_ = 0;    // start of the next line in buffer_
  std::size_t scanned_ = 0;  // buffer_ has no LF before this offset
  std::int64_t line_number_ = 0;
  std::size_t column_ = 0;  // bytes of the line already given as pieces
  bool ended_ = false, line_has_end_ = true;
  bool crlf_reported_ = false;
};

// Returns all lines of a UTF-8 file without their ends. A file without lines is a DataError too.
std::vector<std::string> read_lines(const std::filesystem::path& path);

}  // namespace attend
