#include "attend/text/parallel_text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::size_t kReadBytes = 1 << 16;
constexpr int kPauseMilliseconds = 50;  // a producer that is silent for so long waits for an answer
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

int open_for_reading(const std::filesystem::path& path, const std::string& name) {
  if (path == "-") return STDIN_FILENO;
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw DataError("[", name, "] expected a readable text file, got: ", std::strerror(errno),
                    "; check the path");
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(descriptor);
    throw DataError("[", name, "] expected a text file, got a directory; name a file in it");
  }
  return descriptor;
}

std::string hex_byte(unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  return std::string("0x") + kDigits[byte >> 4] + kDigits[byte & 15];
}

}  // namespace

LineReader::LineReader(const std::filesystem::path& path)
    : name_(path == "-" ? "stdin" : path.string()), descriptor_(open_for_reading(path, name_)) {}

LineReader::~LineReader() {
  if (descriptor_ != STDIN_FILENO) ::close(descriptor_);
}

bool LineReader::next(std::string& line) {
  while (!has_line() && !ended_) fill();
  if (begin_ == buffer_.size()) return false;  // what is left after the last LF is a line unless it is empty
  line = take_line();
  return true;
}

std::vector<std::string> LineReader::next_window(std::int64_t most) {
  std::vector<std::string> lines;
  std::string line;
  while (static_cast<std::int64_t>(lines.size()) < most) {
    while (!lines.empty() && !has_line() && !ended_) {
      if (!more_is_waiting()) return lines;
      fill();
    }
    if (!next(line)) break;
    lines.push_back(std::move(line));
  }
  return lines;
}

bool LineReader::has_line() const { return scanned_ < buffer_.size(); }

bool LineReader::more_is_waiting() const {
  pollfd waiting{descriptor_, POLLIN, 0};
  return ::poll(&waiting, 1, kPauseMilliseconds) != 0;  // a hang-up counts: read() then tells
}

// One read. Afterwards scanned_ stands on an LF or at the end of the buffer.
void LineReader::fill() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  if (buffer_.size() > kMaxLineBytes + 2) {
    ++line_number_;
    throw DataError("[", where(1), "] expected lines of at most ", format_count(kMaxLineBytes),
                    " bytes, got a longer one; is this a text file with one sentence a line?");
  }
  const std::size_t old_size = buffer_.size();
  buffer_.resize(old_size + kReadBytes);
  ssize_t got;
  do {
    got = ::read(descriptor_, buffer_.data() + old_size, kReadBytes);
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw DataError("[", name_, "] cannot read: ", std::strerror(errno));
  buffer_.resize(old_size + static_cast<std::size_t>(got));
  ended_ = got == 0;
  scanned_ = std::min(buffer_.find('\n', scanned_), buffer_.size());
}

std::string LineReader::take_line() {
  const bool has_end = has_line();
  std::size_t end = has_end ? scanned_ : buffer_.size();
  if (has_end && end > begin_ && buffer_[end - 1] == '\r') {
    --end;
    if (!crlf_reported_) log_warning("[", name_, "] has Windows line ends (CR LF); the CR is removed");
    crlf_reported_ = true;
  }
  std::string line = buffer_.substr(begin_, end - begin_);
  begin_ = has_end ? scanned_ + 1 : buffer_.size();
  scanned_ = std::min(buffer_.find('\n', begin_), buffer_.size());
  if (++line_number_ == 1 && line.starts_with(kByteOrderMark)) {
    log_warning("[", name_, "] starts with a byte order mark; it is removed");
    line.erase(0, kByteOrderMark.size());
  }
  check(line);
  return line;
}

void LineReader::check(const std::string& line) const {
  if (line.size() > kMaxLineBytes)
    throw DataError("[", where(1), "] expected lines of at most ", format_count(kMaxLineBytes),
                    " bytes, got ", format_count(static_cast<std::int64_t>(line.size())),
                    "; is this a text file with one sentence a line?");
  if (const auto at = line.find('\0'); at != std::string::npos)
    throw DataError("[", where(at + 1), "] expected text, got a NUL byte; is this a binary or UTF-16 file?");
  if (const auto at = invalid_utf8_at(line))
    throw DataError("[", where(*at + 1), "] expected UTF-8, got the byte ",
                    hex_byte(static_cast<unsigned char>(line[*at])),
                    "; convert the file, for example: iconv -f LATIN1 -t UTF-8");
}

std::string LineReader::where(std::size_t column) const {
  return concat(name_, ":", line_number_, ":", column);
}

std::vector<std::string> read_lines(const std::filesystem::path& path) {
  LineReader reader(path);
  std::vector<std::string> lines;
  std::string line;
  while (reader.next(line)) lines.push_back(std::move(line));
  if (lines.empty()) throw DataError("[", path.string(), "] expected lines of text, got an empty file");
  return lines;
}

ParallelText read_parallel_text(const std::filesystem::path& source, const std::filesystem::path& target) {
  ParallelText text{read_lines(source), read_lines(target)};
  if (text.source.size() != text.target.size())
    throw DataError("[", source.string(), " and ", target.string(), "] expected as many lines in both, got ",
                    text.source.size(), " and ", text.target.size(),
                    "; line n of one must be the translation of line n of the other");
  return text;
}

}  // namespace attend
