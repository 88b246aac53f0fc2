#include "attend/data/loader.h"

#include "attend/core/error.h"

namespace attend {
namespace {

constexpr std::size_t kAhead = 4;  // batches in stock

}  // namespace

BatchStream::BatchStream(Source source, Cursor start, Shard shard)
    : source_(std::move(source)), cursor_(start), shard_(shard), thread_([this] { produce(); }) {}

BatchStream::~BatchStream() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

StreamItem BatchStream::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !ready_.empty() || failure_; });
  if (ready_.empty()) std::rethrow_exception(failure_);
  auto item = std::move(ready_.front());
  ready_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return item;
}

void BatchStream::produce() {
  try {
    for (;; ++cursor_.epoch, cursor_.index = 0) {
      const auto batches = source_.batches_of(cursor_.epoch);
      const auto count = static_cast<std::int64_t>(batches.size());
      // Otherwise this thread would look for a batch for ever.
      if (count <= shard_.rank)
        throw DataError("[data] expected at least ", shard_.size, " batches an epoch, got ", count, "; make data.batch.size smaller");
      for (; cursor_.index < count; ++cursor_.index) {
        if (cursor_.index % shard_.size != shard_.rank) continue;
        StreamItem item{source_.make(batches[static_cast<std::size_t>(cursor_.index)]), cursor_, count};
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stop_ || ready_.size() < kAhead; });
        if (stop_) return;
        ready_.push_back(std::move(item));
        lock.unlock();
        changed_.notify_all();
      }
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

}  // namespace attend
