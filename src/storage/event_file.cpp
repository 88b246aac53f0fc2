#include "attend/storage/event_file.h"

#include <unistd.h>

#include <atomic>
#include <bit>
#include <chrono>

#include "attend/core/error.h"
#include "attend/core/hash.h"

namespace attend {
namespace {

// Numbers of the fields in event.proto and summary.proto.
enum EventField { kWallTime = 1, kStep = 2, kFileVersion = 3, kSummary = 5, kSessionLog = 7 };
enum SummaryField { kValue = 1 };
enum ValueField { kTag = 1, kSimpleValue = 2, kHistogram = 5 };
enum HistogramField { kMin = 1, kMax = 2, kCount = 3, kSum = 4, kSumOfSquares = 5, kLimits = 6, kCounts = 7 };
enum SessionLogField { kStatus = 1 };
constexpr std::uint64_t kSessionStart = 1;
enum WireType { kVarint = 0, kEightBytes = 1, kBytes = 2, kFourBytes = 5 };

template <class Integer>
void append_little_endian(std::string& text, Integer value) {
  for (std::size_t i = 0; i < sizeof value; ++i) text.push_back(static_cast<char>(value >> (8 * i)));
}

// One message of a protocol buffer. Numbers that are zero are left out, as its third version does.
class Message {
 public:
  void add(int field, std::uint64_t value) {
    if (value == 0) return;
    key(field, kVarint);
    varint(value);
  }
  void add(int field, double value) {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    if (bits == 0) return;
    key(field, kEightBytes);
    append_little_endian(text_, bits);
  }
  // A member of a oneof: also there when it is zero.
  void add_float(int field, float value) {
    key(field, kFourBytes);
    append_little_endian(text_, std::bit_cast<std::uint32_t>(value));
  }
  void add(int field, std::string_view bytes) {
    key(field, kBytes);
    varint(bytes.size());
    text_ += bytes;
  }
  void add(int field, const Message& message) { add(field, std::string_view(message.text_)); }
  void add(int field, const std::vector<double>& values) {
    if (values.empty()) return;
    key(field, kBytes);
    varint(8 * values.size());
    for (const double value : values) append_little_endian(text_, std::bit_cast<std::uint64_t>(value));
  }
  const std::string& text() const { return text_; }

 private:
  void key(int field, WireType type) { varint(static_cast<std::uint64_t>(field) << 3 | type); }
  void varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) text_.push_back(static_cast<char>(value | 128));
    text_.push_back(static_cast<char>(value));
  }
  std::string text_;
};

// TensorFlow's: a checksum of bytes that hold checksums would be weak.
std::uint32_t masked_checksum(std::string_view bytes) { return std::rotr(crc32c(bytes), 15) + 0xa282ead8u; }

std::string record_of(const Message& event) {
  std::string record;
  append_little_endian(record, std::uint64_t{event.text().size()});
  append_little_endian(record, masked_checksum(record));
  record += event.text();
  append_little_endian(record, masked_checksum(event.text()));
  return record;
}

Message event_at(const EventTime& at) {
  Message event;
  event.add(kWallTime, at.wall);
  event.add(kStep, static_cast<std::uint64_t>(at.step));
  return event;
}

double seconds_since_1970() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string free_file_name() {
  static std::atomic<unsigned> counter{0};
  char host[256] = "host";
  if (::gethostname(host, sizeof host) != 0) host[0] = '\0';
  host[sizeof host - 1] = '\0';
  return concat("events.out.tfevents.", static_cast<std::int64_t>(seconds_since_1970()), ".", host, ".", ::getpid(),
                ".", counter++);
}

}  // namespace

std::string event_file_version(double wall) {
  Message event;
  event.add(kWallTime, wall);
  event.add(kFileVersion, std::string_view("brain.Event:2"));
  return record_of(event);
}

std::string event_session_start(const EventTime& at) {
  Message session, event = event_at(at);
  session.add(kStatus, kSessionStart);
  event.add(kSessionLog, session);
  return record_of(event);
}

std::string event_scalars(const EventTime& at, const std::map<std::string, double>& values) {
  Message summary, event = event_at(at);
  for (const auto& [tag, number] : values) {
    Message value;
    value.add(kTag, std::string_view(tag));
    value.add_float(kSimpleValue, static_cast<float>(number));
    summary.add(kValue, value);
  }
  event.add(kSummary, summary);
  return record_of(event);
}

std::string event_histogram(const EventTime& at, std::string_view tag, const EventHistogram& histogram) {
  Message numbers, value, summary, event = event_at(at);
  numbers.add(kMin, histogram.min);
  numbers.add(kMax, histogram.max);
  numbers.add(kCount, histogram.count);
  numbers.add(kSum, histogram.sum);
  numbers.add(kSumOfSquares, histogram.sum_of_squares);
  numbers.add(kLimits, histogram.limits);
  numbers.add(kCounts, histogram.counts);
  value.add(kTag, tag);
  value.add(kHistogram, numbers);
  summary.add(kValue, value);
  event.add(kSummary, summary);
  return record_of(event);
}

EventFile::EventFile(const fs::path& directory, std::int64_t first_step)
    : file_(directory / free_file_name(), OutputFile::Mode::create) {
  const double now = seconds_since_1970();
  file_.write(event_file_version(now) + event_session_start({now, first_step}));
}

void EventFile::add_scalars(std::int64_t step, const std::map<std::string, double>& values) {
  file_.write(event_scalars({seconds_since_1970(), step}, values));
}

void EventFile::add_histogram(std::int64_t step, std::string_view tag, const EventHistogram& histogram) {
  file_.write(event_histogram({seconds_since_1970(), step}, tag, histogram));
}

}  // namespace attend
