#include "attend/kernels/gather.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>

namespace attend::kernels {
namespace {

constexpr std::int64_t kBytesOfTask = 1 << 15;  // less is not worth a thread

at::Tensor room_for(const at::Tensor& x, const at::Tensor& rows) {
  auto sizes = x.sizes().vec();
  sizes[0] = rows.size(0);
  return at::empty(sizes, x.options());
}

// A row is `count` runs, each of them live at its beginning; bytes.
struct Runs {
  std::int64_t count, live, whole;
};

Runs runs_of(const at::Tensor& x, const LivePart& live) {
  Runs runs{1, x.element_size() * live.places, x.element_size() * x.size(live.axis)};
  for (std::int64_t axis = 1; axis < live.axis; ++axis) runs.count *= x.size(axis);
  for (std::int64_t axis = live.axis + 1; axis < x.dim(); ++axis) runs.live *= x.size(axis), runs.whole *= x.size(axis);
  return runs;
}

}  // namespace

at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& rows, LivePart live) {
  if (!x.is_cpu() || !x.is_contiguous()) return reference_gather_rows(x, rows, live);
  TORCH_CHECK(live.axis > 0 && live.axis < x.dim() && live.places <= x.size(live.axis), "[gather] expected at most ",
              x.sizes(), " places, got ", live.places, " along axis ", live.axis);
  const at::Tensor numbers = rows.contiguous(), result = room_for(x, rows);
  const auto* number = numbers.const_data_ptr<std::int64_t>();
  const auto* from = static_cast<const char*>(x.const_data_ptr());
  auto* to = static_cast<char*>(result.mutable_data_ptr());
  const Runs runs = runs_of(x, live);
  const std::int64_t grain = kBytesOfTask / std::max<std::int64_t>(1, runs.count * runs.live) + 1;
  at::parallel_for(0, numbers.size(0), grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      TORCH_CHECK_INDEX(number[i] >= 0 && number[i] < x.size(0), "[gather] expected a row below ", x.size(0), ", got ",
                        number[i]);
      for (std::int64_t run = 0; run < runs.count; ++run)
        std::memcpy(to + (i * runs.count + run) * runs.whole, from + (number[i] * runs.count + run) * runs.whole,
                    static_cast<std::size_t>(runs.live));
    }
  });
  return result;
}

at::Tensor reference_gather_rows(const at::Tensor& x, const at::Tensor& rows, LivePart live) {
  const at::Tensor result = room_for(x, rows);
  result.narrow(live.axis, 0, live.places).copy_(x.narrow(live.axis, 0, live.places).index_select(0, rows));
  return result;
}

}  // namespace attend::kernels
