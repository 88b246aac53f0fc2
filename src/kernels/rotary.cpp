// B batch, T length, W width of a row, N turned heads, H head size, R features of a head that turn.
#include "attend/kernels/rotary.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "loops/rows.h"

namespace attend::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

// Feature numbers of a pair's two sides: first + m * step.
struct Pairs {
  std::int64_t count, step, distance;
};

// One head; `way` is 1, or -1 to turn back.
template <class T>
void turn_head(T* out, const T* x, const float* turns, const Pairs& pairs, float way) {
  const float *cosine = turns, *sine = turns + pairs.count;
  for (std::int64_t m = 0; m < pairs.count; ++m) {
    const auto a = static_cast<float>(x[m * pairs.step]), b = static_cast<float>(x[m * pairs.step + pairs.distance]);
    out[m * pairs.step] = static_cast<T>(a * cosine[m] - way * b * sine[m]);
    out[m * pairs.step + pairs.distance] = static_cast<T>(way * a * sine[m] + b * cosine[m]);
  }
}

at::Tensor turn(const at::Tensor& x, const at::Tensor& turns, const RotaryHeads& heads, float way) {
  const at::Tensor from = x.contiguous(), out = at::empty_like(from);
  const std::int64_t T = x.size(1), W = x.size(2), R = turns.size(1);
  const Pairs pairs = heads.interleaved ? Pairs{R / 2, 2, 1} : Pairs{R / 2, 1, R / 2};
  const float* table = turns.const_data_ptr<float>();
  with_element_type(x.scalar_type(), [&](auto* type) {
    using E = ElementOf<decltype(type)>;
    const E* source = from.const_data_ptr<E>();
    E* target = out.mutable_data_ptr<E>();
    at::parallel_for(0, x.size(0) * T, 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        std::copy(source + row * W, source + (row + 1) * W, target + row * W);
        for (std::int64_t n = 0; n < heads.heads; ++n) {
          const std::int64_t at = row * W + n * heads.head_size;
          turn_head(target + at, source + at, table + row % T * R, pairs, way);
        }
      }
    });
  });
  return out;
}

struct RotateFunction : torch::autograd::Function<RotateFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& turns,
                            const RotaryHeads& heads) {
    context->save_for_backward({turns});
    context->saved_data["heads"] = std::vector<std::int64_t>{heads.heads, heads.head_size, heads.interleaved};
    return turn(x, turns, heads, 1.0f);
  }
  static tensor_list backward(AutogradContext* context, tensor_list d) {
    const auto heads = context->saved_data["heads"].toIntVector();
    return {turn(d[0], context->get_saved_variables()[0], {heads[0], heads[1], heads[2] != 0}, -1.0f), {}, {}};
  }
};

}  // namespace

at::Tensor rotate(const at::Tensor& x, const at::Tensor& turns, const RotaryHeads& heads) {
  TORCH_CHECK(x.dim() == 3 && turns.dim() == 2 && turns.size(0) == x.size(1) && turns.size(1) % 2 == 0 &&
                  turns.size(1) <= heads.head_size && heads.heads * heads.head_size <= x.size(2),
              "[rotary] expected x (B, T, W) with turns (T, R), R even and at most a head, got ", x.sizes(), " and ",
              turns.sizes());
  if (!x.is_cpu() || !is_fast_type(x.scalar_type())) return reference_rotate(x, turns, heads);
  return RotateFunction::apply(x, turns.contiguous(), heads);
}

at::Tensor reference_rotate(const at::Tensor& x, const at::Tensor& turns, const RotaryHeads& heads) {
  const std::int64_t T = x.size(1), H = heads.head_size, R = turns.size(1), width = heads.heads * H;
  const at::ScalarType type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor cosine = turns.narrow(1, 0, R / 2).to(type).unsqueeze(1),
                   sine = turns.narrow(1, R / 2, R / 2).to(type).unsqueeze(1);              // (T, 1, R/2)
  const at::Tensor turned = x.narrow(2, 0, width).unflatten(2, {heads.heads, H}).to(type);  // (B, T, N, H)
  const std::int64_t axis = heads.interleaved ? 4 : 3;
  const auto pairs = turned.narrow(3, 0, R).unflatten(
      3, heads.interleaved ? at::IntArrayRef({R / 2, 2}) : at::IntArrayRef({2, R / 2}));
  const at::Tensor a = pairs.select(axis, 0), b = pairs.select(axis, 1);  // (B, T, N, R/2)
  const at::Tensor both = at::stack({a * cosine - b * sine, a * sine + b * cosine}, axis).flatten(3, 4);
  const at::Tensor rest = turned.narrow(3, R, H - R);
  const at::Tensor heads_out = at::cat({both, rest}, 3).flatten(2, 3).to(x.scalar_type());
  return at::cat({heads_out.view({x.size(0), T, width}), x.narrow(2, width, x.size(2) - width)}, 2);
}

}  // namespace attend::kernels
