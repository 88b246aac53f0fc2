#pragma once

#include <ATen/Parallel.h>

namespace attend::test {

// So many threads while it lives: kernels share their work out to them, and a batch is differentiated in as many parts.
class Threads {
 public:
  explicit Threads(int count) : before_(at::get_num_threads()) { at::set_num_threads(count); }
  ~Threads() { at::set_num_threads(before_); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

 private:
  int before_;
};

}  // namespace attend::test
