// B batch, T positions, D model, V vocabulary. Masks are drawn a run at a time into the first cache and used at once.
#include "attend/kernels/elementwise.h"

#include <ATen/Functions.h>
#include <torch/csrc/autograd/custom_function.h>

#include "loops/elementwise_loops.h"
#include "loops/rows.h"
#include "loops/saved_dropout.h"

namespace attend::kernels {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

std::int64_t rows_of(const at::Tensor& x) { return x.dim() == 0 ? 1 : x.size(0); }
std::int64_t width_of(const at::Tensor& x) { return rows_of(x) == 0 ? 0 : x.numel() / rows_of(x); }
bool runs_fast(const at::Tensor& x) { return x.is_cpu() && is_fast_type(x.scalar_type()) && x.numel() > 0; }

// x * factor * dropout in another type
at::Tensor scale_drop(const at::Tensor& x, const Dropout& dropout, at::ScalarType type, float factor = 1.0f) {
  const at::Tensor in = x.contiguous();
  at::Tensor out = at::empty(in.sizes(), in.options().dtype(type));
  const std::int64_t width = width_of(in);
  const DropoutScale scale = dropout_scale(dropout.p);
  with_element_type(in.scalar_type(), [&](auto* in_type) {
    with_element_type(type, [&](auto* out_type) {
      const auto* from = in.const_data_ptr<ElementOf<decltype(in_type)>>();
      auto* to = out.mutable_data_ptr<ElementOf<decltype(out_type)>>();
      for_drawn_runs(rows_of(in), width, dropout, [&](const DrawnRun& run) {
        const std::int64_t at = run.row * width + run.column;
        loops::scale(to + at, from + at, run.count, {run.draws, scale.threshold, scale.scale * factor});
      });
    });
  });
  return out;
}

struct DropoutFunction : torch::autograd::Function<DropoutFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const Dropout& dropout) {
    keep(context, dropout);
    return scale_drop(x, dropout, x.scalar_type());
  }
  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    return {scale_drop(gradients[0], kept(context), gradients[0].scalar_type()), at::Tensor()};
  }
};

struct AddDropoutFunction : torch::autograd::Function<AddDropoutFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& residual, const at::Tensor& update,
                            const Dropout& dropout) {
    keep(context, dropout);
    context->saved_data["type"] = static_cast<std::int64_t>(update.scalar_type());
    const at::Tensor a = residual.contiguous(), b = update.contiguous();
    at::Tensor out = at::empty(a.sizes(), a.options());
    const std::int64_t width = width_of(a);
    const DropoutScale scale = dropout_scale(dropout.p);
    with_element_type(a.scalar_type(), [&](auto* a_type) {
      with_element_type(b.scalar_type(), [&](auto* b_type) {
        const auto* from = a.const_data_ptr<ElementOf<decltype(a_type)>>();
        const auto* change = b.const_data_ptr<ElementOf<decltype(b_type)>>();
        auto* to = out.mutable_data_ptr<ElementOf<decltype(a_type)>>();
        for_drawn_runs(rows_of(a), width, dropout, [&](const DrawnRun& run) {
          const std::int64_t at = run.row * width + run.column;
          loops::add_scaled(to + at, from + at, change + at, run.count, {run.draws, scale.threshold, scale.scale});
        });
      });
    });
    return out;
  }
  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    tensor_list result(3);
    result[0] = gradients[0];
    if (context->needs_input_grad(1))
      result[1] = scale_drop(gradients[0], kept(context), context->saved_data["type"].toScalarType());
    return result;
  }
};

// Rows of one position: a gated x has twice the width of the result, gate and up side by side at every position.
struct ActivateFunction : torch::autograd::Function<ActivateFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, Activation activation,
                            const Dropout& dropout) {
    keep(context, dropout);
    const at::Tensor in = x.contiguous();
    context->save_for_backward({in});
    context->saved_data["activation"] = static_cast<std::int64_t>(activation);
    auto sizes = in.sizes().vec();
    if (is_gated(activation)) sizes.back() /= 2;
    at::Tensor out = at::empty(sizes, in.options());
    run(in, at::Tensor(), out, activation, dropout);
    return out;
  }
  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const at::Tensor in = context->get_saved_variables()[0];
    at::Tensor dx = at::empty(in.sizes(), in.options());
    run(in, gradients[0].contiguous(), dx, static_cast<Activation>(context->saved_data["activation"].toInt()),
        kept(context));
    return {dx, at::Tensor(), at::Tensor()};
  }

  // out = dropout(f(x)), or with a gradient dx = dropout(gradient) f'(x)
  static void run(const at::Tensor& x, const at::Tensor& gradient, at::Tensor& out, Activation activation,
                  const Dropout& dropout) {
    const std::int64_t gates = is_gated(activation) ? 2 : 1, F = x.size(-1) / gates, width = width_of(x) / gates;
    const DropoutScale scale = dropout_scale(dropout.p);
    with_element_type(x.scalar_type(), [&](auto* type) {
      using T = ElementOf<decltype(type)>;
      const T* in = x.const_data_ptr<T>();
      const T* dy = gradient.defined() ? gradient.const_data_ptr<T>() : nullptr;
      T* to = out.mutable_data_ptr<T>();
      for_drawn_runs(rows_of(x), width, dropout, [&](const DrawnRun& r) {
        std::int64_t done = 0;
        while (done < r.count) {  // a run of a gated x is cut where its positions end
          const std::int64_t at = r.row * width + r.column + done, inside = at % F;
          const std::int64_t n = gates == 1 ? r.count - done : std::min(r.count - done, F - inside);
          const std::int64_t from = gates == 1 ? at : at / F * 2 * F + inside;
          const loops::Survival survival{r.draws + done, scale.threshold, scale.scale};
          if (dy == nullptr)
            loops::activate(to + at, in + from, gates == 1 ? nullptr : in + from + F, n, activation, survival);
          else loops::activate_backward(to + from, in + from, {dy + at, gates == 1 ? 0 : F}, n, activation, survival);
          done += n;
        }
      });
    });
  }
};

// Rows are multiplied by `scale`; the row of `padding` gets no gradient.
struct EmbedRule {
  double scale;
  std::int64_t padding;
};

struct EmbedFunction : torch::autograd::Function<EmbedFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& table,
                            const std::optional<at::Tensor>& positions, const at::Tensor& ids,
                            const EmbedRule& rule, const Dropout& dropout) {
    keep(context, dropout);
    context->save_for_backward({ids});
    context->saved_data["scale"] = rule.scale;
    context->saved_data["padding"] = rule.padding;
    context->saved_data["V"] = table.size(0);
    context->saved_data["positions"] = positions ? positions->dim() : 0;
    const std::int64_t B = ids.size(0), T = ids.size(1), D = table.size(1);
    at::Tensor out = at::empty({B, T, D}, table.options());
    const at::Tensor from = table.contiguous(), numbers = ids.contiguous();
    const at::Tensor added = positions ? positions->contiguous() : at::Tensor();
    const float* rows = from.const_data_ptr<float>();
    const float* position = added.defined() ? added.const_data_ptr<float>() : nullptr;
    const std::int64_t* id = numbers.const_data_ptr<std::int64_t>();
    const std::int64_t batch_stride = added.defined() && added.dim() == 3 ? T * D : 0;
    float* to = out.mutable_data_ptr<float>();
    const DropoutScale scale = dropout_scale(dropout.p);
    const auto factor = static_cast<float>(rule.scale);
    for_drawn_runs(B, T * D, dropout, [&](const DrawnRun& run) {
      for (std::int64_t done = 0; done < run.count;) {
        const std::int64_t column = run.column + done, t = column / D, d = column % D,
                           n = std::min(run.count - done, D - d);
        loops::embed(to + run.row * T * D + column, rows + id[run.row * T + t] * D + d,
                     position ? position + run.row * batch_stride + column : nullptr, n,
                     {{run.draws + done, scale.threshold, scale.scale}, factor});
        done += n;
      }
    });
    return out;
  }

  // Every thread owns columns of the table, so that each sum runs over the positions in order.
  static tensor_list backward(AutogradContext* context, tensor_list gradients) {
    const at::Tensor ids = context->get_saved_variables()[0].contiguous();
    const auto scale = static_cast<float>(context->saved_data["scale"].toDouble());
    const at::Tensor g = scale_drop(gradients[0], kept(context), at::kFloat);
    const std::int64_t D = g.size(2), count = ids.numel(), padding = context->saved_data["padding"].toInt();
    tensor_list result(5);
    const std::int64_t position_dims = context->saved_data["positions"].toInt();
    if (position_dims > 0 && context->needs_input_grad(1)) result[1] = position_dims == 3 ? g : at::sum(g, {0});
    if (!context->needs_input_grad(0)) return result;
    result[0] = at::zeros({context->saved_data["V"].toInt(), D}, g.options());
    const std::int64_t* id = ids.const_data_ptr<std::int64_t>();
    const float* from = g.const_data_ptr<float>();
    float* to = result[0].mutable_data_ptr<float>();
    at::parallel_for(0, (D + 15) / 16, 1, [&](std::int64_t begin, std::int64_t end) {
      const std::int64_t first = begin * 16, n = std::min(D, end * 16) - first;
      for (std::int64_t i = 0; i < count; ++i)
        if (id[i] != padding) loops::add(to + id[i] * D + first, from + i * D + first, n, scale);
    });
    return result;
  }
};

}  // namespace

at::Tensor dropout(const at::Tensor& x, const Dropout& dropout) {
  if (!dropout.active()) return x;
  return runs_fast(x) ? DropoutFunction::apply(x, dropout) : reference::dropout(x, dropout);
}

at::Tensor add_dropout(const at::Tensor& residual, const at::Tensor& update, const Dropout& dropout) {
  TORCH_CHECK(residual.sizes() == update.sizes(), "[add_dropout] expected an update of ", residual.sizes(), ", got ",
              update.sizes());
  if (!runs_fast(residual) || !runs_fast(update)) return reference::add_dropout(residual, update, dropout);
  return AddDropoutFunction::apply(residual, update, dropout);
}

at::Tensor activate(const at::Tensor& x, Activation activation, const Dropout& dropout) {
  TORCH_CHECK(!is_gated(activation) || x.size(-1) % 2 == 0, "[activate] expected gate and up of equal size, got ",
              x.sizes());
  return runs_fast(x) ? ActivateFunction::apply(x, activation, dropout) : reference::activate(x, activation, dropout);
}

at::Tensor embed(const EmbeddingInput& input, const Dropout& dropout) {
  const bool fast = runs_fast(input.table) && input.table.scalar_type() == at::kFloat && input.ids.is_cpu() &&
                    input.ids.numel() > 0 && input.ids.dim() == 2;
  if (!fast) return reference::embed(input, dropout);
  const auto [least, most] = at::aminmax(input.ids);
  TORCH_CHECK(least.item<std::int64_t>() >= 0 && most.item<std::int64_t>() < input.table.size(0),
              "[embed] expected ids in 0..", input.table.size(0) - 1, ", got ", least.item<std::int64_t>(), "..",
              most.item<std::int64_t>());
  return EmbedFunction::apply(input.table, if_defined(input.positions), input.ids,
                              EmbedRule{input.scale, input.padding_id}, dropout);
}

}  // namespace attend::kernels
