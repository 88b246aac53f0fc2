// Independent jobs over several threads.
#pragma once

#include <cstdint>
#include <functional>

namespace attend {

// Calls job(worker, i) once for each i in 0 .. jobs - 1, in that order as workers become free. Worker 0 is the caller's own
// thread; no more threads are started than there are jobs. What a job throws ends the others after their present job and
// is thrown again here.
void share_jobs(std::int64_t workers, std::int64_t jobs, const std::function<void(std::int64_t worker, std::int64_t i)>& job);

}  // namespace attend
