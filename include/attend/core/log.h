// The log. Everything goes to stderr, because stdout belongs to results, and also to the run's log.txt once that is
// open. spdlog is hidden in src/core/log.cpp, because LibTorch ships another version of fmt.
#pragma once

#include <filesystem>
#include <string_view>

#include "attend/core/enum_table.h"
#include "attend/core/error.h"

namespace attend {

enum class LogLevel { debug, info, warning, error, off };
inline constexpr EnumEntry<LogLevel> kLogLevels[] = {{LogLevel::debug, "debug", "everything"},
                                                     {LogLevel::info, "info", "what is being done"},
                                                     {LogLevel::warning, "warning", "what may be a mistake"},
                                                     {LogLevel::error, "error", "what ends the program"},
                                                     {LogLevel::off, "off", "nothing"}};
constexpr std::span<const EnumEntry<LogLevel>> enum_table(LogLevel) { return kLogLevels; }

void set_log_level(LogLevel level);
LogLevel log_level();
// From now on also appends every message of level info and above to this file, whatever the level on stderr.
void open_log_file(const std::filesystem::path& path);
void close_log_file();
void log_message(LogLevel level, std::string_view message);

// True when stderr is a terminal and neither NO_COLOR nor --quiet forbids a live line.
bool progress_is_live();
// Rewrites the live line on a terminal, and prints a plain line otherwise. log.txt gets the plain form.
void show_progress(std::string_view line);
// Ends the live line, so that the next output starts on a new line.
void finish_progress();

template <class... Parts>
void log_debug(const Parts&... parts) {
  if (log_level() <= LogLevel::debug) log_message(LogLevel::debug, concat(parts...));
}
template <class... Parts>
void log_info(const Parts&... parts) {
  log_message(LogLevel::info, concat(parts...));
}
template <class... Parts>
void log_warning(const Parts&... parts) {
  log_message(LogLevel::warning, concat(parts...));
}
template <class... Parts>
void log_error(const Parts&... parts) {
  log_message(LogLevel::error, concat(parts...));
}

}  // namespace attend
