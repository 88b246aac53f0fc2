#include "attend/training/checkpoints.h"

#include "attend/checkpoint/average.h"
#include "attend/core/log.h"
#include "attend/storage/manifest.h"

namespace attend {

void write_checkpoint(const std::filesystem::path& target, const CheckpointContent& content) {
  auto bytes = bytes_of(content.parameters);
  for (const auto& [name, tensors] : content.others) bytes += bytes_of(tensors);
  AtomicDirectory directory(target, bytes);
  write_model(directory, content.config, content.parameters, content.tokenizers);
  for (const auto& [name, tensors] : content.others) save_tensors(directory.file(name), tensors);
  OutputFile file(directory.file("state.json"));
  file.write(content.state.dump(1) + "\n");
  file.close();
  directory.commit();
}

NamedTensors average_of_newest(const AverageInput& input) {
  ParameterMean mean;
  if (input.count == 0) return {};
  if (input.now != nullptr) mean.add(*input.now, "the weights in training");
  const auto steps = input.run.checkpoints();
  for (auto step = steps.rbegin(); step != steps.rend() && mean.count() < input.count; ++step) {
    const auto path = input.run.checkpoint_path(*step);
    if (!is_on_grid(path)) continue;
    verify_file(path, "model.safetensors");
    mean.add(load_tensors(listed_file(path, "model.safetensors")), path.string());
  }
  return mean.mean();
}

void restore_best(RunDirectory& run, BestValidation& best) {
  if (best.step == 0 || run.best() == best.step) return;
  const auto steps = run.checkpoints();
  if (std::ranges::find(steps, best.step) != steps.end()) return run.set_best(best.step);
  log_warning("the best checkpoint, ", checkpoint_name(best.step),
              ", is not there any more; the best is looked for anew");
  best = {best.metric, std::nullopt, 0, 0};
}

}  // namespace attend
