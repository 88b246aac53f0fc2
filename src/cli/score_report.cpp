#include <cmath>

#include "attend/core/log.h"
#include "score.h"

namespace attend {

std::string ScoreReport::line(const ScoredLine& scored, const std::vector<float>& log_probs) {
  double log_prob = 0;
  for (const float x : log_probs) log_prob += x;
  sum_ += log_prob;
  tokens_ += static_cast<std::int64_t>(log_probs.size());
  ++count_;
  if (format_ == ScoreFormat::text) return concat(format_fixed(log_prob, 6), "\t", log_probs.size(), "\n");
  nlohmann::ordered_json row{{"line", scored.line}};
  if (scored.hypothesis > 0) row["hypothesis"] = scored.hypothesis;
  row["log_prob"] = log_prob;
  row["tokens"] = log_probs.size();
  if (tokens_wanted_) {
    row["token_log_probs"] = log_probs;
    row["token_ids"] = std::vector<std::int32_t>(scored.ids.begin(), scored.ids.end());
  }
  return row.dump() + "\n";
}

void ScoreReport::finish(const std::string& what, std::int64_t bytes) const {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const auto perplexity =
      tokens_ > 0 ? concat(", perplexity ", format_fixed(std::exp(-sum_ / static_cast<double>(tokens_)), 4)) : "";
  const auto bits =
      bytes > 0 ? concat(", bits per byte ", format_fixed(-sum_ / std::log(2.0) / static_cast<double>(bytes), 4)) : "";
  finish_progress();
  log_info("scored ", format_count(count_), " ", what, count_ == 1 ? ", " : "s, ", format_count(tokens_),
           " tokens, log_prob ", format_fixed(sum_, 3), perplexity, bits, ", ", format_fixed(seconds, 1), " s");
}

}  // namespace attend
