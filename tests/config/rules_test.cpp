// Rules between keys: each is broken once, and kept once right beside it.
#include "attend/config/rules.h"

#include "tests/config/faults.h"

using namespace attend;

namespace {

struct Broken {
  std::string yaml, fault;
};

}  // namespace

TEST_CASE("rules: each impossible combination is told at the key at fault, with the line of the other") {
  const std::vector<Broken> cases{
      {"model:\n  d_model: 100\n  num_heads: 3",
       "a.yaml:3:14 model.num_heads: 3 does not divide the width: model.d_model (line 2) is 100"},
      {"model:\n  d_model: 100",
       "a.yaml:2:12 model.num_heads: 8 does not divide the width: model.d_model (line 2) is 100"},
      {"model:\n  num_kv_heads: 3",
       "a.yaml:2:17 model.num_kv_heads: 3 does not divide the query heads: model.num_heads (default) is 8"},
      {"model: {num_kv_heads: 16}", "model.num_kv_heads: 16 does not divide"},
      {"model: {d_model: 9, num_heads: 3}",
       "a.yaml:1:18 model.d_model: 9 is odd, but model.position.type (default) is sinusoidal"},
      {"model:\n  position: {type: learned, max_length: 300}\ndata:\n  max_length: 301",
       "a.yaml:2:41 model.position.max_length: 300 rows are too few: data.max_length (line 4) is 301"},
      {"model: {position: {type: learned}}\ndata: {max_length: 2000}",
       "a.yaml:2:20 model.position.max_length: 1024 rows are too few"},
      {"model: {encoder_position: {type: learned, max_length: 9}}\n",
       "model.encoder_position.max_length: 9 rows are too few: data.max_length (default) is 256"},
      {"model: {decoder_position: {type: learned, max_length: 256}}\ndecoding: {max_length: 257}",
       "model.decoder_position.max_length: 256 rows are too few: decoding.max_length (line 2) is 257"},
      {"model:\n  position: [{type: rope}, {type: learned}]",
       "a.yaml:2:35 model.position[1].type: \"learned\" is added to the embeddings, so it cannot stand in a list"},
      {"model: {d_model: 18, num_heads: 2, position: {type: rope}}",
       "model.position.type: rope turns 9 features of each head of 9, but they turn in pairs"},
      {"model: {position: {type: rope, fraction: 0.11}}", "model.position.fraction: rope turns 7 features"},
      {"model: {position: {type: rope, scaling: {type: yarn, factor: 4, beta_fast: 1}}}",
       "model.position.scaling.beta_fast: 1 is not above model.position.scaling.beta_slow (default) is 1"},
      {"model: {position: {type: rope, scaling: {type: yarn}}}", "model.position.scaling.factor: 1 changes nothing"},
      {"model: {position: {type: alibi, scaling: {type: yarn}}}",
       "model.position.scaling.type: belongs to rope, but model.position.type (line 1) is alibi; leave it out, or "
       "choose rope"},
      {"model: {position: {type: relative_t5, max_distance: 16}}", "model.position.max_distance: 16 is within"},
      {"model: {position: {type: relative_t5, buckets: 30}}", "model.position.buckets: 30 cannot be halved"},
      {"model:\n  decoder_position: {type: relative_t5}\n  decoder_attention: {type: linear}",
       "a.yaml:2:28 model.decoder_position.type: \"relative_t5\" changes scores, but model.decoder_attention.type "
       "(line 3) is linear"},
      {"model: {encoder_position: {type: relative_xl}, encoder_attention: {type: linear}}",
       "model.encoder_position.type: \"relative_xl\" changes scores"},
      {"task: language_model\nmodel:\n  architecture: decoder\n  encoder_attention: {type: linear}",
       "a.yaml:4:3 model.encoder_attention: belongs to encoder_decoder, but model.architecture (line 3) is decoder; "
       "leave it out"},
      {"task: language_model\nmodel:\n  architecture: decoder\n  cross_attention: [{type: full}, {type: linear}]",
       "a.yaml:4:3 model.cross_attention: belongs to encoder_decoder, but model.architecture (line 3) is decoder; "
       "leave it out"},
      {"model: {cross_attention: {type: sliding_window}}", "\"sliding_window\" cannot be cross-attention"},
      {"model: {attention: {implementation: fused, softcap: 30}}",
       "model.attention.softcap: the fused kernel has no softcap"},
      {"model: {attention: {implementation: fused}, position: {type: relative_shaw}}",
       "model.attention.implementation: the fused kernel has no scores of relative_shaw"},
      {"model: {attention: {implementation: fused}, d_head: 300}",
       "the fused kernel takes heads of at most 256, got 300"},
      {"model: {d_model: 33, d_head: 8, position: {type: relative_xl}}",
       "33 is odd, but model.position.type (line 1) is relative_xl"},
      {"model: {cross_attention: {type: linear}}\ndecoding: {coverage_penalty: 0.2}",
       "decoding.coverage_penalty: counts the weights of cross-attention, but model.cross_attention.type (line 1) is "
       "linear"},
      {"model: {memory_length: 8, position: {type: relative_xl}}",
       "model.memory_length: belongs to decoder, but model.architecture (default) is encoder_decoder"},
      {"task: language_model\ndata: {sampling: sequential}\nmodel: {architecture: decoder, memory_length: 8}",
       "model.memory_length: remembered places have no positions of their own, but model.position.type (default) is "
       "rope"},
      {"task: language_model\nmodel:\n  architecture: decoder\n  memory_length: 8\n  position: {type: relative_xl}",
       "a.yaml:4:18 model.memory_length: a row remembers what it read in the batch before, but data.sampling (default) "
       "is packed, so it read "
       "something else there; choose sequential"},
      {"data: {tokenizer: {shared: false}}\nmodel: {tie_embeddings: all}",
       "a.yaml:2:25 model.tie_embeddings: \"all\" needs a shared vocabulary, but data.tokenizer.shared (line "
       "1) is false"},
      {"data: {tokenizer: {source: {}, target: {}}}\nmodel: {tie_embeddings: all}",
       "data.tokenizer (line 1) names two"},
      {"training: {optimizer: {betas: [0.9]}}", "training.optimizer.betas: expected 2 values, got 1"},
      {"training: {average_checkpoints: 6}",
       "training.average_checkpoints: 6 cannot be averaged: training.keep_checkpoints (default) is 5"},
      {"training: {max_steps: 0, max_epochs: 3, schedule: {type: cosine}}",
       "training.schedule.decay_steps: expected an update to end at, because training.schedule.type (line 1) "
       "is cosine"},
      {"training: {max_steps: 100, schedule: {type: linear, warmup_steps: 100}}",
       "training.max_steps: 100 ends the decay before the warm-up does"},
      {"training: {schedule: {type: cosine, decay_steps: 10}}", "training.schedule.decay_steps: 10 ends the decay"},
      {"training: {schedule: {warmup_steps: 0}}",
       "training.schedule.warmup_steps: expected at least 1, because training.schedule.type (default) is "
       "inverse_sqrt"},
      {"training: {schedule: {type: noam, warmup_steps: 0}}", "is noam"},
      {"training: {schedule: {min_lr: 1}}", "training.schedule.min_lr: 1 is above the peak"},
      {"training: {schedule: {warmup_init_lr: 1}}", "training.schedule.warmup_init_lr: 1 is above the peak"},
      {"training: {max_steps: 0}", "training.max_steps: nothing ends the training"},
      {"task: language_model",
       "model.architecture: \"encoder_decoder\" is not for this task: task (line 1) is language_model, which needs "
       "decoder"},
      {"model: {architecture: decoder}", "a.yaml:1:23 model.architecture: \"decoder\" is not for this task"},
      {"task: language_model\ndata: {block_size: 65}\nmodel: {architecture: decoder, position: {type: learned, "
       "max_length: 64}}",
       "a.yaml:3:70 model.position.max_length: 64 rows are too few: data.block_size (line 2) is 65"},
      {"training: {validate_metrics: []}", "training.validate_metrics: expected at least one"},
      {"training: {validate_metrics: [loss, loss]}", "training.validate_metrics: a metric is given twice"},
      {"training: {validate_metrics: [loss], best_metric: bleu}", "training.best_metric: \"bleu\" is not measured"},
      {"training: {ema: {decay: 0.9}, average_checkpoints: 2}", "training.average_checkpoints: final/ is either"},
      {"training: {optimizer: {groups: [{frozen: true}]}}", "training.optimizer.groups.pattern: missing"},
      {"decoding: {min_length: 300}", "decoding.min_length: 300 leaves no room for the end symbol"},
      {"decoding: {min_length: 40, max_length: 40}", "decoding.min_length: 40 leaves no room for the end symbol"},
      {"data:\n  train: {tsv: a, source: b}",
       "a.yaml:2:27 data.train.source: means nothing where data.train.tsv (line 2) is a; leave one of them out"},
      {"data: {train: [{name: x, tsv: a}, {name: x, tsv: b}]}", "data.train[1].name: \"x\" is given twice"},
      {"data: {validation: {name: train, tsv: a}}",
       "data.validation.name: \"train\" is what metrics call the training itself"},
      {"data: {validation: {fraction: 0.1, tsv: a}}",
       "data.validation.tsv: means nothing where data.validation.fraction (line 1) is 0.1"},
      {"data: {validation: [{fraction: 0.1}, {tsv: a}]}",
       "data.validation[0].fraction: a fraction of the training text stands alone"},
      {"data: {tokenizer: {type: char, sampling: {alpha: 0.1}}}",
       "data.tokenizer.sampling.alpha: belongs to sentencepiece, but data.tokenizer.type (line 1) is char"},
      {"runtime: {device: gpu}", "runtime.device: \"gpu\" is none of auto, cpu, cuda, cuda:N, did you mean \"cpu\"?"},
      {"runtime: {device: \"cuda:-1\"}", "runtime.device"},
      {"output: \"\"", "output: expected a directory"},
      {"model: {attention: []}", "model.attention: an empty list"},
      {"data: {tokenizer: {options: {pad_id: 3}}}",
       "data.tokenizer.options: \"pad_id\" is not SentencePiece's to choose; Attend sets it"},
      {"data: {tokenizer: {options: {input: x}}}",
       "\"input\" is not SentencePiece's to choose; set data.train instead"},
      {"data: {tokenizer: {options: {model_prefix: x}}}", "\"model_prefix\""},
      {"data: {tokenizer: {options: {vocab_size: 9}}}", "set vocab_size instead"},
      {"data: {tokenizer: {type: char, options: {split_digits: 1}}}",
       "data.tokenizer.options: belongs to sentencepiece, but data.tokenizer.type (line 1) is char"},
      {"data: {tokenizer: {user_symbols: [a, a]}}", "user_symbols: expected different symbols"},
      {"data: {tokenizer: {user_symbols: [\"</s>\"]}}", "user_symbols: \"</s>\" is one of the four special symbols"},
      {"data: {tokenizer: {type: bpe, vocab_size: 300, user_symbols: [\"<unk>\"]}}",
       "user_symbols: \"<unk>\" is one of the four"},
      {"data: {tokenizer: {type: bpe, vocab_size: 300, user_symbols: [a]}}",
       "expected symbols of two characters or more"},
      {"data: {tokenizer: {type: bpe, vocab_size: 260, user_symbols: [ab]}}",
       "data.tokenizer.vocab_size: 260 is below 261"},
      {"data: {tokenizer: {character_coverage: 0.979}}", "data.tokenizer.character_coverage"},
      {"data: {tokenizer: {options: {normalization_rule_name: nfkc}}}", "set normalization instead"},
      {"data: {tokenizer: {normalization: nfkc, options: {normalization_rule_tsv: f}}}",
       "data.tokenizer.normalization: the option normalization_rule_tsv"},
      {"data: {tokenizer: {normalization: nfk}}", "did you mean \"nfkc\"?"},
      {"data: {tokenizer: {parse_special: true}}", "parse_special: only byte-level BPE"},
      {"data: {tokenizer: {shared: false, model: m}}", "data.tokenizer.model: one file for two vocabularies"},
      {"data: {tokenizer: {shared: false, vocab: v, merges: m}}",
       "data.tokenizer.vocab: one file for two vocabularies"},
      {"data: {tokenizer: {vocab: v}}", "data.tokenizer.merges: missing; vocab and merges are GPT-2's two files"},
      {"data: {tokenizer: {merges: m}}", "data.tokenizer.vocab: missing; vocab and merges are GPT-2's two files"},
      {"data: {tokenizer: {model: a, vocab: v, merges: m}}",
       "data.tokenizer.model: one tokenizer file, or GPT-2's two"},
      {"task: language_model\nmodel: {architecture: decoder}\ndata:\n  train: [{tokens: {file: a, vocab_size: 50, eos: "
       "9}}, {tokens: {file: b, vocab_size: 50, eos: 8}}]",
       "data.train[1].tokens.eos: 8, but data.train[0].tokens.eos (line 4) is 9"},
      {"data: {tokenizer: {type: char, vocab: v, merges: m}}",
       "data.tokenizer.type: vocab and merges are a byte-level BPE"},
      {"data: {tokenizer: {type: bpe, vocab_size: 259}}", "data.tokenizer.vocab_size: 259 is below 260"},
      {"data: {tokenizer: {source: {type: char}}}",
       "data.tokenizer: two tokenizers need both source and target; target is missing"},
      {"data: {tokenizer: {source: {}, target: {}, type: char}}", "data.tokenizer.type: beside source and target"},
      {"data: {tokenizer: {source: {shared: true}, target: {}}}",
       "data.tokenizer.source.shared: two tokenizers share nothing"},
  };
  for (const auto& [yaml, fault] : cases) {
    INFO(yaml);
    CHECK_THAT(faults_of(yaml), has(fault));
    CHECK_THAT(faults_of(yaml), has("\n1 error"));
  }
}

TEST_CASE("rules: what goes together is taken") {
  for (const std::string yaml : {
           "model: {d_model: 100, num_heads: 3, d_head: 32}",
           "model: {num_kv_heads: 2}",
           "model: {position: [{type: rope}, {type: none}], decoder_attention: [{type: sliding_window, window: 9}, "
           "{type: linear}]}",
           "model: {encoder_position: {type: relative_shaw}, decoder_position: {type: alibi}, attention: {qk_norm: "
           "rms}}",
           "model: {d_model: 9, num_heads: 3, position: {type: none}}",
           "model: {position: {type: learned, max_length: 256}}",
           "model: {position: {type: learned, max_length: 1}, encoder_position: {type: none}, "
           "decoder_position: {type: sinusoidal}}",
           "model: {encoder_position: {type: learned, max_length: 256}}\ndecoding: {max_length: 900}",
           "task: language_model\ndata: {sampling: sequential}\nmodel: {architecture: decoder, memory_length: 8, "
           "position: {type: relative_xl}}",
           "data: {tokenizer: {shared: false}}\nmodel: {tie_embeddings: decoder}",
           "data: {tokenizer: {source: {model: a}, target: {model: b}}}",
           "data: {tokenizer: {source: {type: char}, target: {type: byte}}}",
           "data: {tokenizer: {vocab: v, merges: m}}",
           "data: {tokenizer: {type: bpe, vocab: v, merges: m}}",
           "data: {tokenizer: {type: bpe, vocab_size: 260}}",
           "data: {tokenizer: {type: bpe, vocab_size: 260, parse_special: true}}",
           "data: {tokenizer: {model: tokenizer.json, parse_special: true}}",
           "data: {tokenizer: {character_coverage: 0.98, normalization: identity}}",
           "data: {tokenizer: {options: {normalization_rule_tsv: f}}}",
           "data: {tokenizer: {options: {split_digits: true}}}",
           "data: {batch: {unit: sequences, size: 32}}",
           "training: {average_checkpoints: 5}",
           "training: {clip_norm: 0}",
           "training: {max_steps: 0, max_minutes: 0.5}",
           "training: {max_steps: 0, max_epochs: 1, schedule: {type: linear, decay_steps: 5000}}",
           "training: {schedule: {type: constant, warmup_steps: 0}}",
           "runtime: {device: \"cuda:1\"}",
       }) {
    INFO(yaml);
    CHECK(faults_of(yaml) == "");
  }
}

TEST_CASE("rules: a key that is wrong in itself is told once, not again by every rule it takes part in") {
  CHECK_THAT(faults_of("model: {num_heads: x, d_model: 100}"), has("\n1 error"));
  CHECK_THAT(faults_of("model: {d_model: 9, num_heads: 3, num_kv_heads: 2}"), has("\n2 errors"));
}

TEST_CASE("rules: an attention that lacks an ability is refused where the ability is needed") {
  AttentionAbilities none{};
  CHECK(unfit_for(none, AttentionUse::encoder_self) == "cannot stand in an encoder");
  CHECK(unfit_for(none, AttentionUse::decoder_self) == "cannot be causal");
  CHECK(unfit_for(none, AttentionUse::cross) == "cannot be cross-attention");
  none.self_causal = true;
  CHECK(unfit_for(none, AttentionUse::decoder_self) == "cannot decode step by step");
  for (const auto use : {AttentionUse::encoder_self, AttentionUse::decoder_self, AttentionUse::cross})
    CHECK(unfit_for(abilities_of(AttentionType::full), use) == "");
}
