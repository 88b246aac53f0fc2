// Laws of generating with a state on small random models: what a cache remembers equals reading everything again,
// whatever becomes of the hypotheses and prompts on the way.
#include "attend/decoding/language_scorer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "attend/core/interrupt.h"
#include "attend/decoding/sampling.h"
#include "tests/support/toy_scorer.h"
#include "tests/support/tiny_model.h"

using namespace attend;
using namespace attend::test;

namespace {

using Tokens = std::vector<std::int64_t>;

constexpr std::int64_t kContext = 300;

// rope stands in a block in the style of Llama, the others in one in the style of GPT-2.
Config language_config(PositionType position, AttentionType attention) {
  Config config = tiny_config();
  ModelConfig& model = config.model;
  config.task = TaskType::language_model;
  model.architecture = Architecture::decoder;
  model.position[0] = test::position_of(position, kContext);
  model.attention[0] = test::attention_of(attention, 40);
  model.num_kv_heads = 2;
  model.activation = Activation::gelu;
  if (position == PositionType::relative_xl) model.memory_length = 8;
  if (position != PositionType::rope) return config;
  model.norm = NormType::rms_norm;
  model.activation = Activation::swiglu;
  model.bias = false;
  return config;
}

// Every token sees all before it, with a memory too.
TextWindow window_of(const LanguageModel& model, std::int64_t context) {
  const bool remembers = model.memory_length() > 0;
  return {context, remembers ? context : context - context / 2, 0, remembers};
}

std::shared_ptr<LanguageModel> language_model(Config config) {
  resolve(config);
  return build_language_model(config, {0, kTinyVocabulary, -1, 2, 3});
}

// Each position scheme under each attention that takes it.
template <class Law>
void over_models(const Law& law) {
  for (const auto& position : PositionConfig::kRows)
    for (const auto& attention : AttentionConfig::kRows) {
      if (!takes(abilities_of(attention.value), kind_of(position.value))) continue;
      INFO(position.name << ", " << attention.name);
      law(language_model(language_config(position.value, attention.value)));
    }
}

// Logits behind the last of the tokens, by one pass over them.
at::Tensor whole_pass(LanguageModel& model, const Tokens& tokens) {
  const c10::InferenceMode inference;
  const auto hidden = model.hidden({at::tensor(tokens, at::kLong).unsqueeze(0)}, {});
  return model.head().logits(hidden[0][-1]);
}

SourceBatch prompts_of(const std::vector<Tokens>& prompts) {
  SourceBatch batch;
  std::size_t width = 0;
  for (const auto& prompt : prompts) width = std::max(width, prompt.size());
  batch.ids = at::zeros({static_cast<std::int64_t>(prompts.size()), static_cast<std::int64_t>(width)}, at::kLong);
  for (std::size_t b = 0; b < prompts.size(); ++b) {
    batch.lengths.push_back(static_cast<std::int64_t>(prompts[b].size()));
    batch.lines.push_back(static_cast<std::int64_t>(b) + 1);
    batch.ids[static_cast<std::int64_t>(b)].narrow(0, 0, batch.lengths.back()).copy_(at::tensor(prompts[b], at::kLong));
  }
  return batch;
}

Tokens made_up_prompt(std::int64_t length, std::int64_t salt) {
  Tokens prompt;
  for (std::int64_t i = 0; i < length; ++i) prompt.push_back(4 + (i * 5 + salt * 7) % 15);
  return prompt;
}

SearchOptions greedy(std::int64_t tokens) {
  SearchOptions options;
  options.decoding.max_length = options.decoding.max_length_offset = tokens;
  options.decoding.max_length_ratio = 0;
  options.special = {-1, 1, -1, -1};  // nothing ends a text
  options.sampling = SamplingOptions{.temperature = 0};
  return options;
}

}  // namespace

TEST_CASE("language scorer: greedy text from a cache is that of full recomputation, token by token, or a near tie") {
  over_models([](const std::shared_ptr<LanguageModel>& model) {
    constexpr std::int64_t kTokens = 256;
    Tokens text = made_up_prompt(7, 1);
    LanguageScorer scorer(model, window_of(*model, kContext));
    const auto found = sample(scorer, prompts_of({text}), greedy(kTokens)).front().front();
    REQUIRE(found.tokens() == kTokens);
    for (const std::int32_t token : found.token_ids) {
      const auto logits = whole_pass(*model, text);
      const double gap = (logits.max() - logits[token]).item<double>();
      REQUIRE(gap < 1e-4);
      text.push_back(token);
    }
  });
}

TEST_CASE(
    "language scorer: prompts of unequal length in one batch become what each becomes alone, moved and finished ones "
    "too") {
  over_models([](const std::shared_ptr<LanguageModel>& model) {
    std::vector<Tokens> rows{made_up_prompt(1, 1), made_up_prompt(11, 2), made_up_prompt(4, 3)};
    LanguageScorer scorer(model, window_of(*model, 64));
    scorer.begin(prompts_of(rows), {2, 40, false});
    std::int64_t width = 1;
    const auto step = [&](std::int64_t salt) {
      Tokens last;
      for (std::size_t row = 0; row < rows.size(); ++row) {
        if (salt > 0) rows[row].push_back(4 + (static_cast<std::int64_t>(row) * 3 + salt * 5) % 15);
        last.push_back(rows[row].back());
      }
      const auto logits = scorer.step(at::tensor(last, at::kLong).view({-1, width})).logits.view({-1, kTinyVocabulary});
      for (std::size_t row = 0; row < rows.size(); ++row)
        REQUIRE(at::allclose(logits[static_cast<std::int64_t>(row)], whole_pass(*model, rows[row]), 1e-4, 1e-5));
    };
    const auto reorder = [&](const Tokens& order, std::int64_t new_width) {
      const auto old = rows;
      rows.clear();
      for (const auto row : order) rows.push_back(old[static_cast<std::size_t>(row)]);
      width = new_width;
      scorer.reorder(at::tensor(order, at::kLong).view({-1, width}));
    };
    walk_of_hypotheses(step, reorder,
                       [&](const Tokens& kept) { scorer.keep(at::tensor(kept, at::kLong)); }, 12);
  });
}

TEST_CASE("language scorer: a signal ends the reading of a prompt, with a memory and without") {
  for (const auto position : {PositionType::rope, PositionType::relative_xl}) {
    const auto model = language_model(language_config(position, AttentionType::full));
    LanguageScorer scorer(model, window_of(*model, 16));
    set_interrupt_signal(2);
    CHECK_THROWS_AS(scorer.begin(prompts_of({made_up_prompt(40, 1)}), {1, 5, false}), Interrupted);
    set_interrupt_signal(0);
  }
}

TEST_CASE("language scorer: a text beyond the context goes on with its last half, each row at its own time") {
  const std::int64_t context = GENERATE(1, 2, 7, 8);
  const auto config = [&] {
    auto learned = language_config(PositionType::learned, AttentionType::full);
    learned.model.position[0] = LearnedOptions{context};  // one row more is a fault
    return learned;
  }();
  const auto model = language_model(config);
  const auto first = std::min<std::int64_t>(context, 3);
  std::vector<Tokens> windows{made_up_prompt(context, 1), made_up_prompt(first, 2), made_up_prompt(1, 3)};
  LanguageScorer scorer(model, window_of(*model, context));
  scorer.begin(prompts_of(windows), {1, 30, false});
  for (std::int64_t salt = 0; salt < 30; ++salt) {
    Tokens last;
    for (auto& window : windows) {
      if (salt > 0 && static_cast<std::int64_t>(window.size()) == context)
        window.erase(window.begin(), window.end() - context / 2);
      if (salt > 0) window.push_back(4 + (salt * 5 + static_cast<std::int64_t>(last.size())) % 15);
      last.push_back(window.back());
    }
    const auto logits = scorer.step(at::tensor(last, at::kLong).view({-1, 1})).logits;
    for (std::size_t row = 0; row < windows.size(); ++row)
      REQUIRE(at::allclose(logits[static_cast<std::int64_t>(row)][0], whole_pass(*model, windows[row]), 1e-4, 1e-5));
  }
}
