#include "encode.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>

#include "attend/core/error.h"
#include "attend/core/interrupt.h"
#include "attend/core/log.h"
#include "attend/core/text.h"

namespace attend {
namespace {

constexpr std::size_t kWindow = 4096;           // pairs in memory
constexpr std::int64_t kReportEvery = 1'000'000;  // lines

constexpr std::size_t kMostTokenBytes = 64;      // of cropped text

using Ids = std::vector<std::int32_t>;

class Encoder {
 public:
  Encoder(const PairRequest& request, PairWriter& writer)
      : request_(request), writer_(writer), reader_(request.corpus), summary_(summary_for(request)) {
    for (auto* side : {&text_.source, &text_.target}) side->resize(kWindow);
    for (auto* side : {&source_, &target_}) side->resize(kWindow);
    weights_.resize(kWindow);
  }

  PairSummary run() {
    while (read()) {
      throw_if_interrupted();
      encode();
      for (std::size_t i = 0; i < count_; ++i) write(i);
    }
    writer_.finish();
    summary_.weightless = reader_.weightless();
    return summary_;
  }

 private:
  bool read() {
    for (count_ = 0; count_ < kWindow && reader_.next(text_.source[count_], text_.target[count_]); ++count_) {
      weights_[count_] = reader_.weight();
      if (++lines_ % kReportEvery == 0)
        show_progress(concat(request_.corpus.name, ": ", format_count(lines_), " pairs read"));
    }
    return count_ > 0;
  }

  void encode() {
    std::atomic<std::int64_t> source_specials{0}, target_specials{0};
    at::parallel_for(0, static_cast<std::int64_t>(count_), 64, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        source_specials += request_.tokenizers.source->count_specials(text_.source[i]);
        target_specials += request_.tokenizers.target->count_specials(text_.target[i]);
        source_[i] = ids_of(*request_.tokenizers.source, text_.source[i]);
        target_[i] = ids_of(*request_.tokenizers.target, text_.target[i]);
        if (request_.sampled.source) normalize(*request_.tokenizers.source, text_.source[i]);
        if (request_.sampled.target) normalize(*request_.tokenizers.target, text_.target[i]);
      }
    });
    summary_.source_specials += source_specials;
    summary_.target_specials += target_specials;
  }

  // A blank line has none, also where a tokenizer has a token for a space.
  static Ids ids_of(const Tokenizer& tokenizer, const std::string& line) {
    return trim(line).empty() ? Ids{} : tokenizer.encode(line);
  }

  // What could never be max_length tokens is not kept.
  void normalize(const Tokenizer& tokenizer, std::string& line) const {
    line = tokenizer.normalize(line);
    auto size = std::min(line.size(), static_cast<std::size_t>(request_.rule.max_length) * kMostTokenBytes);
    while (size < line.size() && (line[size] & 0xC0) == 0x80) --size;  // not inside a character
    line.resize(size);
  }

  void write(std::size_t i) {
    Ids &source = source_[i], &target = target_[i];
    const auto limit = static_cast<std::size_t>(request_.rule.max_length) - 1;
    if (source.empty() || target.empty()) {
      ++summary_.empty;
      return;
    }
    if (source.size() > limit || target.size() > limit) {
      ++summary_.over_length;
      if (request_.rule.over_length == OverLength::skip) return;
      source.resize(std::min(source.size(), limit));
      target.resize(std::min(target.size(), limit));
    }
    if (summary_.content == PairContent::text)
      writer_.add(text_.source[i], text_.target[i]);
    else
      writer_.add(source, target);
    if (keeps_weights(request_)) writer_.add_weight(static_cast<float>(weights_[i]));
    ++summary_.pairs;
    summary_.source_unknown += std::ranges::count(source, request_.tokenizers.source->special().unk);
    summary_.target_unknown += std::ranges::count(target, request_.tokenizers.target->special().unk);
    summary_.source_tokens += static_cast<std::int64_t>(source.size()) + 1;
    summary_.target_tokens += static_cast<std::int64_t>(target.size()) + 1;
  }

  const PairRequest& request_;
  PairWriter& writer_;
  CorpusReader reader_;
  ParallelText text_;
  std::vector<Ids> source_, target_;
  std::vector<double> weights_;
  std::size_t count_ = 0;  // pairs in the window
  std::int64_t lines_ = 0;
  PairSummary summary_;
};

}  // namespace

bool keeps_weights(const PairRequest& request) { return request.corpus.files.weighted() && !request.corpus.validation; }

PairSummary summary_for(const PairRequest& request) {
  PairSummary summary;
  summary.source_vocabulary = request.tokenizers.source->size();
  summary.target_vocabulary = request.tokenizers.target->size();
  const auto largest = std::max(summary.source_vocabulary, summary.target_vocabulary);
  summary.content = request.sampled.any() ? PairContent::text
                    : largest <= 1 << 16  ? PairContent::ids16
                                          : PairContent::ids32;
  return summary;
}

PairSummary encode_corpus(const PairRequest& request, PairWriter& writer) {
  const auto summary = Encoder(request, writer).run();
  if (summary.pairs == 0)
    throw DataError("[", describe(request.corpus.files), "] expected at least one pair of at most ",
                    request.rule.max_length, " tokens, got none (", summary.empty, " with a blank side, ",
                    summary.over_length, " too long, ", summary.weightless, " of weight 0); look at data.max_length",
                    request.corpus.held_out > 0 ? " and data.validation.fraction" : "");
  return summary;
}

}  // namespace attend
