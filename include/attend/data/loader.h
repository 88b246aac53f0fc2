// Batches of training, made ahead of time on a thread. The stream is endless; a cursor names every batch, so a run
// resumes at the next one without reading what came before.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "attend/data/batch.h"

namespace attend {

struct Cursor {
  std::int64_t epoch = 0, index = 0;  // the next batch
};

struct StreamItem {
  Batch batch;
  Cursor cursor;              // of this batch
  std::int64_t epoch_batches = 0;
};

// Which part of the stream a rank reads.
struct Shard {
  int rank = 0, size = 1;
};

class BatchStream {
 public:
  // batches_of(epoch) lists an epoch's batches; make(rows) builds one. Both run on the stream's own thread.
  struct Source {
    std::function<std::vector<BatchRows>(std::int64_t epoch)> batches_of;
    std::function<Batch(const BatchRows&)> make;
  };
  BatchStream(Source source, Cursor start, Shard shard);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  // Waits for the next batch; rethrows what went wrong on the thread.
  StreamItem next();

 private:
  void produce();

  Source source_;
  Cursor cursor_;
  Shard shard_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<StreamItem> ready_;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::thread thread_;  // last: it starts when everything else stands
};

}  // namespace attend
