// Writes the numbers of a run twice: to metrics.jsonl, and to an event file for TensorBoard.
#pragma once

#include <optional>

#include "attend/core/file.h"
#include "attend/core/json.h"
#include "attend/storage/event_file.h"

namespace attend {

// A line of metrics.jsonl with the entry "model" measures the end of a run; a resumed run removes such lines.
class MetricsLog {
 public:
  // Opens both files for a run that goes on after `step`. First it removes the lines that the run will write again:
  // lines of later steps, lines about the end and, if `validated` is false, the lines of a validation at `step`. Broken
  // lines (a torn last one) are removed too, with a warning. The event file is a new one.
  MetricsLog(const fs::path& run, std::int64_t step, bool validated = true);

  // Writes one line, {"step", "split", ...}. Its numbers become scalars SPLIT/NAME, or SPLIT_MODEL/NAME.
  void write(const Json& line);
  void add_histogram(std::int64_t step, std::string_view tag, const EventHistogram& histogram) {
    events_.add_histogram(step, tag, histogram);
  }
  // When this returns, the lines are on disk.
  void sync() { lines_.sync(); }
  void close() { lines_.close(); }

 private:
  OutputFile lines_;
  EventFile events_;
};

}  // namespace attend
