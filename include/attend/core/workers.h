// Runs independent jobs on several threads.
#pragma once

#include <cstdint>
#include <functional>

namespace attend {

// Calls job(worker, i) once for each i in 0 .. jobs - 1. Jobs are started in this order as workers become free. Worker
// 0 is the calling thread, and no more threads are started than there are jobs. When a job throws, the other workers
// finish their current job and stop, and the exception is thrown again here.
void share_jobs(std::int64_t workers, std::int64_t jobs,
                const std::function<void(std::int64_t worker, std::int64_t i)>& job);

}  // namespace attend
