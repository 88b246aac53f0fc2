// The numbers of a run, twice: metrics.jsonl, and an event file for TensorBoard.
#pragma once

#include <optional>

#include "attend/core/file.h"
#include "attend/core/json.h"
#include "attend/storage/event_file.h"

namespace attend {

// A line of metrics.jsonl with an entry "model" measures the end of a run: no part of what a run that goes on writes.
class MetricsLog {
 public:
  // Opens both after cutting what a run that goes on after `step` writes again: lines of later steps, of an end, and where
  // `validated` is false those of a validation after `step`. What is no line of metrics (a torn last one) goes too, with a
  // warning. The event file is a new one.
  MetricsLog(const fs::path& run, std::int64_t step, bool validated = true);

  // One line, {"step", "split", ...}. Its numbers become scalars SPLIT/NAME, or SPLIT_MODEL/NAME.
  void write(const Json& line);
  void add_histogram(std::int64_t step, std::string_view tag, const EventHistogram& histogram) {
    events_.add_histogram(step, tag, histogram);
  }
  // Once this returns, the lines are on disk.
  void sync() { lines_.sync(); }
  void close() { lines_.close(); }

 private:
  OutputFile lines_;
  EventFile events_;
};

}  // namespace attend
