#include "attend/core/workers.h"

#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/support/test.h"

using namespace attend;

TEST_CASE("workers: every job is done once, by a worker that does one at a time") {
  for (const std::int64_t workers : {1, 2, 7})
    for (const std::int64_t jobs : {0, 1, 3, 200}) {
      std::vector<std::atomic<int>> done(jobs), busy(workers);
      share_jobs(workers, jobs, [&](std::int64_t worker, std::int64_t i) {
        if (++busy[worker] != 1) throw std::logic_error("two jobs at a time");
        ++done[i];
        --busy[worker];
      });
      for (const auto& count : done) REQUIRE(count == 1);
    }
}

TEST_CASE("workers: one works in the caller's thread") {
  std::thread::id ran;
  share_jobs(1, 1, [&](std::int64_t, std::int64_t) { ran = std::this_thread::get_id(); });
  CHECK(ran == std::this_thread::get_id());
}

TEST_CASE("workers: a fault ends the others and reaches the caller") {
  std::atomic<int> done{0};
  const auto job = [&](std::int64_t, std::int64_t i) {
    if (i == 5) throw std::runtime_error("job 5");
    ++done;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  REQUIRE_THROWS_WITH(share_jobs(3, 100000, job), "job 5");
  CHECK(done < 1000);
}
