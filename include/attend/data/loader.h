// Batches of training, made ahead of time on a thread. The stream is endless; a cursor names every batch, so a run
// resumes at the next one without reading what came before but its own pool.
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
  std::int64_t epoch = 0, pool = 0, index = 0;  // of a batch
};

struct StreamItem {
  Batch batch;
  Cursor next;              // the batch after it
  double epoch_part = 0;  // of the epoch that is over with this batch, 0 to 1
};

class BatchStream {
 public:
  // So many batches, each made when it is asked for.
  struct Batches {
    std::int64_t count = 0;
    std::function<Batch(std::int64_t index)> make;
  };
  // An epoch is pools, a pool is what is read together. All of it runs on the stream's own thread.
  struct Source {
    std::function<std::int64_t(std::int64_t epoch)> pools;
    std::function<Batches(std::int64_t epoch, std::int64_t pool)> load;
  };
  BatchStream(Source source, Cursor start);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  // Waits for the next batch; rethrows what went wrong on the thread.
  StreamItem next();

 private:
  void produce();
  // The batches from `start` on; false when the stream is to end.
  bool produce_epoch(Cursor start);
  bool produce_pool(Cursor start, std::int64_t pools);
  bool put(StreamItem item);

  Source source_;
  Cursor start_;
  std::int64_t given_ = 0;  // batches in this epoch
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<StreamItem> ready_;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::thread thread_;  // last: it starts when everything else stands
};

}  // namespace attend
