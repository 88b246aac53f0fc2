#include "attend/training/memory_limit.h"

#include <algorithm>

#include "attend/core/error.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {

std::int64_t MemoryLimit::parts(const Batch& batch) const {
  if (largest_ == 0) return 1;
  return std::clamp<std::int64_t>((batch.padded_tokens + largest_ - 1) / largest_, 1,
                                  std::max<std::int64_t>(batch.rows, 1));
}

void MemoryLimit::lower(const Batch& batch) {
  const auto before = parts(batch);
  if (before >= batch.rows)
    throw OutOfMemoryError("[training] out of memory, even with one row of ",
                           batch.padded_tokens / std::max<std::int64_t>(batch.rows, 1),
                           " tokens at a time; lower data.max_length or the model's sizes, or set model.recompute");
  largest_ = std::max<std::int64_t>(batch.padded_tokens / (2 * before), 1);
  log_warning("out of memory with ", format_count(batch.rows), " rows, ", format_count(batch.padded_tokens),
              " tokens with padding: in ", parts(batch),
              " parts from now on; a lower data.batch.size or model.recompute avoids this");
}

void MemoryLimit::load(const Json& saved) {
  if (!saved.is_number_integer() || saved.get<std::int64_t>() < 0)
    throw ModelError("[state.json] expected a number of tokens as largest_batch, got ", saved.dump());
  largest_ = saved.get<std::int64_t>();
}

}  // namespace attend
