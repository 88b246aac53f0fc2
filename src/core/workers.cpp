#include "attend/core/workers.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace attend {

void share_jobs(std::int64_t workers, std::int64_t jobs, const std::function<void(std::int64_t, std::int64_t)>& job) {
  std::atomic<std::int64_t> next{0};
  std::exception_ptr fault;
  std::mutex first_fault;
  const auto work = [&](std::int64_t worker) {
    try {
      for (std::int64_t i = next++; i < jobs; i = next++) job(worker, i);
    } catch (...) {
      const std::lock_guard lock(first_fault);
      if (!fault) fault = std::current_exception();
      next = jobs;
    }
  };
  std::vector<std::jthread> others;
  for (std::int64_t worker = 1; worker < std::min(workers, jobs); ++worker) others.emplace_back(work, worker);
  work(0);
  others.clear();  // joins
  if (fault) std::rethrow_exception(fault);
}

}  // namespace attend
