#include "attend/core/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>

#include "attend/core/file.h"
#include "attend/core/text.h"

namespace attend {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
    case LogLevel::off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

// On stderr ordinary lines stand as they are; the others say what they are.
class LevelPrefix : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    std::string_view prefix;
    if (message.level == spdlog::level::debug) prefix = "debug: ";
    if (message.level == spdlog::level::warn) prefix = "warning: ";
    if (message.level >= spdlog::level::err) prefix = "error: ";
    out.append(prefix.data(), prefix.data() + prefix.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<LevelPrefix>(); }
};

bool terminal_takes_control_codes() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return ::isatty(STDERR_FILENO) == 1 && (no_color == nullptr || *no_color == '\0') && !dumb;
}

class Log {
 public:
  Log() : live_terminal_(terminal_takes_control_codes()) {
    const auto colors = live_terminal_ ? spdlog::color_mode::automatic : spdlog::color_mode::never;
    screen_ = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(colors);
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<LevelPrefix>('*').set_pattern("%^%*%$%v");
    screen_->set_formatter(std::move(formatter));
  }

  void set_level(LogLevel level) {
    level_ = level;
    screen_->set_level(spdlog_level(level));
  }
  LogLevel level() const { return level_; }
  bool live() const { return live_terminal_ && level_ <= LogLevel::info; }

  void open_file(const std::filesystem::path& path) {
    const auto status = status_of(path);  // a pipe would make us wait for a reader
    if (status.exists() && !status.is_file())
      throw WriteError("[", path.string(), "] expected a regular file, got ", status.what(), "; move it away");
    const std::lock_guard guard(mutex_);
    try {
      file_ = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path.string(), /*truncate=*/false);
    } catch (const spdlog::spdlog_ex& error) {
      throw WriteError("[", path.string(), "] cannot be written: ", error.what());
    }
    file_->set_pattern("%Y-%m-%d %H:%M:%S %l %v");
    file_->set_level(spdlog::level::info);
  }
  void close_file() {
    const std::lock_guard guard(mutex_);
    file_.reset();
  }

  void message(LogLevel level, std::string_view said) {
    const std::string text = visible_text(said);
    const std::lock_guard guard(mutex_);
    if (level >= level_) erase_line();
    send(*screen_, level, text);
    if (level >= level_) draw_line();
    send_to_file(level, text);
  }

  void progress(std::string_view said) {
    const std::string text = visible_line(said);
    const std::lock_guard guard(mutex_);
    if (live()) {
      erase_line();
      line_ = text;
      draw_line();
    } else {
      send(*screen_, LogLevel::info, text);
    }
    send_to_file(LogLevel::info, text);
  }
  void finish() {
    const std::lock_guard guard(mutex_);
    if (!line_.empty()) std::fputs("\n", stderr);
    line_.clear();
  }

 private:
  static void send(spdlog::sinks::sink& sink, LogLevel level, std::string_view text) {
    const spdlog::details::log_msg message("attend", spdlog_level(level),
                                           spdlog::string_view_t(text.data(), text.size()));
    if (!sink.should_log(message.level)) return;
    sink.log(message);
    sink.flush();
  }

  // A full disk must not end what is being logged: the file is given up with one message.
  void send_to_file(LogLevel level, std::string_view text) {
    if (!file_) return;
    try {
      send(*file_, level, text);
    } catch (const spdlog::spdlog_ex& error) {
      const std::string reason = concat("the log file is closed: ", error.what());
      file_.reset();
      send(*screen_, LogLevel::error, reason);
    }
  }

  void erase_line() {
    if (!line_.empty()) std::fputs("\r\033[K", stderr);
  }
  // Cut at the terminal's width: a wrapped line could not be rewritten.
  void draw_line() {
    if (line_.empty()) return;
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
    const std::string shown = line_.substr(0, known ? size.ws_col - 1u : 79u);
    std::fputs(shown.c_str(), stderr);
    std::fflush(stderr);
  }

  const bool live_terminal_;
  std::atomic<LogLevel> level_{LogLevel::info};
  std::mutex mutex_;
  std::string line_;  // the live line as it stands on the terminal
  std::shared_ptr<spdlog::sinks::stderr_color_sink_mt> screen_;
  std::shared_ptr<spdlog::sinks::basic_file_sink_mt> file_;
};

// Never destroyed: threads and destructors may log until the very end.
Log& the_log() {
  static Log& log = *new Log;
  return log;
}

}  // namespace

void set_log_level(LogLevel level) { the_log().set_level(level); }
LogLevel log_level() { return the_log().level(); }
void open_log_file(const std::filesystem::path& path) { the_log().open_file(path); }
void close_log_file() { the_log().close_file(); }
void log_message(LogLevel level, std::string_view message) { the_log().message(level, message); }
bool progress_is_live() { return the_log().live(); }
void show_progress(std::string_view line) { the_log().progress(line); }
void finish_progress() { the_log().finish(); }

}  // namespace attend
