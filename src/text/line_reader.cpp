#include "attend/text/line_reader.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "text_stream.h"

namespace attend {
namespace {

constexpr std::size_t kReadBytes = 1 << 16;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr const char* kCarriageReturns = "; where CR are the ends of lines, make them LF: tr '\\r' '\\n' < FILE";

std::string hex_byte(unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return std::string("0x") + kDigits[byte >> 4] + kDigits[byte & 15];
}

// A file is read several times, by who checks it, by a tokenizer that is trained, by the cache: it is told once.
void warn_once(const std::string& text) {
  static std::mutex mutex;
  static std::set<std::string>& told = *new std::set<std::string>;
  const std::lock_guard guard(mutex);
  if (told.insert(text).second) log_warning(text);
}

}  // namespace

LineReader::LineReader(const std::filesystem::path& path, LongLines long_lines)
    : stream_(std::make_unique<TextStream>(path)), long_lines_(long_lines) {}

LineReader::~LineReader() = default;

bool LineReader::next(std::string& line) {
  while (!has_line() && !has_piece() && !ended_) fill();
  if (begin_ == buffer_.size()) return false;  // what is left after the last LF is a line unless it is empty
  line = has_piece() ? take_piece() : take_line();
  return true;
}

std::vector<std::string> LineReader::next_window(std::int64_t most) {
  std::vector<std::string> lines;
  std::string line;
  while (static_cast<std::int64_t>(lines.size()) < most) {
    while (!lines.empty() && !has_line() && !ended_) {
      if (!stream_->more_is_waiting()) return lines;
      fill();
    }
    if (!next(line)) break;
    lines.push_back(std::move(line));
  }
  return lines;
}

bool LineReader::has_line() const { return scanned_ < buffer_.size(); }
bool LineReader::has_piece() const { return long_lines_.cut && scanned_ - begin_ > long_lines_.most; }

// One read. Afterwards scanned_ stands on an LF or at the end of the buffer.
void LineReader::fill() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  if (buffer_.size() > long_lines_.most + 2 && !long_lines_.cut) {
    ++line_number_;
    refuse_long("a longer one", buffer_);
  }
  const std::size_t old_size = buffer_.size();
  buffer_.resize(old_size + kReadBytes);
  const std::size_t got = stream_->read(buffer_.data() + old_size, kReadBytes);
  buffer_.resize(old_size + got);
  ended_ = got == 0;
  scanned_ = std::min(buffer_.find('\n', scanned_), buffer_.size());
}

std::string LineReader::take_line() {
  const bool has_end = line_has_end_ = has_line();
  std::size_t end = has_end ? scanned_ : buffer_.size();
  if (has_end && end > begin_ && buffer_[end - 1] == '\r') {
    --end;
    if (!crlf_reported_) warn_once(concat("[", name(), "] has Windows line ends (CR LF); the CR is removed"));
    crlf_reported_ = true;
  }
  std::string line = buffer_.substr(begin_, end - begin_);
  begin_ = has_end ? scanned_ + 1 : buffer_.size();
  scanned_ = std::min(buffer_.find('\n', begin_), buffer_.size());
  line = given(std::move(line));
  column_ = 0;
  return line;
}

std::string LineReader::take_piece() {
  const auto least = begin_ + long_lines_.most / 2;
  auto end = begin_ + long_lines_.most;
  const auto starts_word = [&](std::size_t at) {
    return buffer_[at] == ' ' && buffer_[at + 1] != ' ' && buffer_[at + 1] != '\t';
  };
  while (end > least && !starts_word(end)) --end;
  if (end == least) end = begin_ + long_lines_.most;
  const auto is_inside_character = [&] { return (static_cast<unsigned char>(buffer_[end]) & 0xC0) == 0x80; };
  while (end > least && is_inside_character()) --end;
  auto piece = given(buffer_.substr(begin_, end - begin_));
  column_ += end - begin_;
  begin_ = end;
  line_has_end_ = false;
  return piece;
}

// Counted, checked, and without a byte order mark.
std::string LineReader::given(std::string text) {
  if (column_ == 0) ++line_number_;
  if (line_number_ == 1 && column_ == 0 && text.starts_with(kByteOrderMark)) {
    warn_once(concat("[", name(), "] starts with a byte order mark; it is removed"));
    text.erase(0, kByteOrderMark.size());
  }
  check(text);
  if (text.find('\r') != text.npos)
    warn_once(concat("[", name(), "] holds CR without LF, which ends no line", kCarriageReturns));
  return text;
}

void LineReader::refuse_long(const std::string& got, std::string_view line) const {
  const bool old_ends = line.find('\r') != line.npos;
  throw DataError("[", where(1), "] expected lines of at most ",
                  format_count(static_cast<std::int64_t>(long_lines_.most)), " bytes, got ", got,
                  old_ends ? kCarriageReturns : "; is this a text file with one sentence a line?");
}

void LineReader::check(const std::string& line) const {
  if (line.size() > long_lines_.most) refuse_long(format_count(static_cast<std::int64_t>(line.size())), line);
  if (const auto at = line.find('\0'); at != std::string::npos)
    throw DataError("[", where(at + 1), "] expected text, got a NUL byte; is this a binary or UTF-16 file?");
  if (const auto at = invalid_utf8_at(line))
    throw DataError("[", where(*at + 1), "] expected UTF-8, got the byte ",
                    hex_byte(static_cast<unsigned char>(line[*at])),
                    "; convert the file, for example: iconv -f LATIN1 -t UTF-8");
}

const std::string& LineReader::name() const { return stream_->name(); }

std::string LineReader::where(std::size_t column) const {
  return concat(name(), ":", line_number_, ":", column_ + column);
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  std::string line;
  while (reader.next(line)) lines.push_back(std::move(line));
  if (lines.empty()) throw DataError("[", path.string(), "] expected lines of text, got an empty file");
  return lines;
}

}  // namespace attend
