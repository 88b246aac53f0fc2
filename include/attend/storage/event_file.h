// TensorBoard's event files. They consist of records of protocol buffers (tensorflow/core/util/event.proto), which are
// encoded here by hand.
//
//   record   uint64 length, masked CRC-32C of those 8 bytes, the event, masked CRC-32C of the event   (little-endian)
//   event    wall_time, step, and one of: file_version, summary (tagged values), session_log
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "attend/core/file.h"

namespace attend {

// Bucket i counts the values from limits[i - 1] to limits[i]; the first bucket begins at the lowest double.
struct EventHistogram {
  double min = 0, max = 0, count = 0, sum = 0, sum_of_squares = 0;
  std::vector<double> limits, counts;
};

// When an event happened: `wall` counts seconds since 1970, and `step` is the update it belongs to.
struct EventTime {
  double wall = 0;
  std::int64_t step = 0;
};

// These functions return whole records, the parts of an event file.
std::string event_file_version(double wall);
// Makes a reader forget what older files in the same directory say about `at.step` and later steps.
std::string event_session_start(const EventTime& at);
std::string event_scalars(const EventTime& at, const std::map<std::string, double>& values);
std::string event_histogram(const EventTime& at, std::string_view tag, const EventHistogram& histogram);

// A new event file with a unique name in the directory: events.out.tfevents.SECONDS.HOST.PID.NUMBER. Throws WriteError.
class EventFile {
 public:
  // `first_step` is the first update that this file may contain.
  EventFile(const std::filesystem::path& directory, std::int64_t first_step);
  void add_scalars(std::int64_t step, const std::map<std::string, double>& values);
  void add_histogram(std::int64_t step, std::string_view tag, const EventHistogram& histogram);
  const std::filesystem::path& path() const { return file_.path(); }

 private:
  OutputFile file_;
};

}  // namespace attend
