// Training batches, made ahead of time on a thread. The stream is endless. A cursor names each batch, so a run resumes
// at the next batch and reads nothing before it except the rest of its pool.
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "attend/data/batch.h"

namespace attend {

// The place of a batch in the stream.
struct Cursor {
  std::int64_t epoch = 0, pool = 0, index = 0;
};

struct StreamItem {
  Batch batch;
  Cursor next;            // place of the next batch
  double epoch_part = 0;  // share of the epoch that is done after this batch, 0 to 1
};

class BatchStream {
 public:
  // A number of batches, each made when it is asked for.
  struct Batches {
    std::int64_t count = 0;
    std::function<Batch(std::int64_t index)> make;
  };
  // An epoch consists of pools, and a pool is read as a whole. Both functions run on the stream's own thread.
  struct Source {
    std::function<std::int64_t(std::int64_t epoch)> pools;
    std::function<Batches(std::int64_t epoch, std::int64_t pool)> load;
  };
  BatchStream(Source source, Cursor start);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  // Waits for the next batch. Rethrows an exception of the thread.
  StreamItem next();

 private:
  void produce();
  // Puts out the batches from `start` on. Returns false when the stream is to end.
  bool produce_epoch(Cursor start);
  bool produce_pool(Cursor start, std::int64_t pools);
  bool put(StreamItem item);

  Source source_;
  Cursor start_;
  std::int64_t given_ = 0;  // batches given in this epoch
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<StreamItem> ready_;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::thread thread_;  // last, because it starts when everything else is ready
};

}  // namespace attend
