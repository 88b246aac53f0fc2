#include "attend/data/loader.h"

#include "attend/core/error.h"

namespace attend {
namespace {

constexpr std::size_t kAhead = 16;  // batches in stock, so that a pool can be made meanwhile

}  // namespace

BatchStream::BatchStream(Source source, Cursor start)
    : source_(std::move(source)), start_(start), thread_([this] { produce(); }) {}

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
    while (produce_epoch(start_)) start_ = {start_.epoch + 1, 0, 0};
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

bool BatchStream::produce_epoch(Cursor start) {
  const bool whole = start.pool == 0 && start.index == 0;
  const auto pools = source_.pools(start.epoch);
  given_ = 0;
  for (; start.pool < pools; start = {start.epoch, start.pool + 1, 0})
    if (!produce_pool(start, pools)) return false;
  // Otherwise this thread would look for a batch for ever.
  if (whole && given_ == 0)
    throw DataError("[data] expected at least one batch an epoch, got none; make data.batch.size smaller");
  return true;
}

bool BatchStream::produce_pool(Cursor start, std::int64_t pools) {
  const auto pool = source_.load(start.epoch, start.pool);
  for (auto i = start.index; i < pool.count; ++i) {
    StreamItem item;
    item.batch = pool.make(i);
    item.next = {start.epoch, start.pool, i + 1};
    if (item.next.index == pool.count) item.next = {start.epoch, start.pool + 1, 0};
    if (item.next.pool == pools) item.next = {start.epoch + 1, 0, 0};
    const double pools_done =
        static_cast<double>(start.pool) + static_cast<double>(i + 1) / static_cast<double>(pool.count);
    item.epoch_part = pools_done / static_cast<double>(pools);
    if (!put(std::move(item))) return false;
  }
  return true;
}

bool BatchStream::put(StreamItem item) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return stop_ || ready_.size() < kAhead; });
  if (stop_) return false;
  ready_.push_back(std::move(item));
  ++given_;
  lock.unlock();
  changed_.notify_all();
  return true;
}

}  // namespace attend
