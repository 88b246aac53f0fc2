// The training loop. A run directory holds everything; the same command again goes on where it stopped.
#pragma once

#include <chrono>
#include <optional>

#include "attend/checkpoint/model_directory.h"
#include "attend/core/file.h"
#include "attend/storage/run_directory.h"
#include "attend/tensor/collective.h"
#include "attend/training/step.h"

namespace attend {

// What a checkpoint remembers besides tensors (state.json).
struct TrainingState {
  std::int64_t step = 0;    // updates done
  Cursor cursor;            // the next batch
  std::optional<double> best_value;
  std::int64_t best_step = 0;
  double wall_seconds = 0;         // of training, over all resumed parts
  double wall_report_seconds = 0;  // the same clock at the last report
  Json save() const;
  void load(const Json& saved);
};

struct TrainingParts {
  const Config& config;
  Task& task;
  EncoderDecoder& model;
  const Tokenizers& tokenizers;
  RunDirectory& directory;
  Collective& collective;
  const Runtime& runtime;
};

class Trainer {
 public:
  explicit Trainer(const TrainingParts& parts);
  // Trains until a limit is reached and writes final/. Returns 0, or the number of the signal that stopped it (a
  // checkpoint is saved then). DivergedError when the loss is no number any more.
  int run();

 private:
  bool done() const;
  bool due(const Period& every) const { return state_.step % every.count == 0; }
  double seconds() const;

  void restore();
  void step();
  void log();
  void validate();
  void save();
  void finish();
  void write_metrics(Json line);

  TrainingParts parts_;
  const TrainingConfig& training_;
  TrainingStep update_;
  TrainingState state_;
  Meters meters_;
  std::unique_ptr<BatchStream> stream_;
  std::optional<OutputFile> metrics_file_;
  std::optional<std::int64_t> resumed_from_;
  std::int64_t epoch_batches_ = 0;
  std::int64_t saved_step_ = -1;
  std::chrono::steady_clock::time_point started_;
};

}  // namespace attend
