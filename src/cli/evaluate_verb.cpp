// attend evaluate: BLEU and chrF of a file against references, with a signature.
#include <CLI/CLI.hpp>
#include <memory>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/json.h"
#include "attend/core/text.h"
#include "attend/metrics/bleu.h"
#include "attend/metrics/chrf.h"
#include "attend/text/parallel_text.h"

namespace attend {
namespace {

struct EvaluateOptions {
  std::string hypothesis;
  std::vector<std::string> references;
  std::vector<std::string> metrics{"bleu", "chrf"};
  std::string tokenize = "13a";
  std::string format = "text";
};

// The choice, or a UsageError; what the contract names and the program lacks is answered with "not yet".
void require_choice(std::string_view option, const std::string& text, const std::vector<std::string>& choices,
                    const std::vector<std::string>& planned) {
  if (std::ranges::find(choices, text) != choices.end()) return;
  if (std::ranges::find(planned, text) != planned.end())
    throw UsageError("[", option, "] ", text, ": not yet");
  throw UsageError("[", option, "] expected one of ", join(choices, ", "), ", got \"", text, "\"",
                   did_you_mean(text, choices));
}

void require_valid(const EvaluateOptions& options) {
  for (const std::string& metric : options.metrics)
    require_choice("--metric", metric, {"bleu", "chrf"}, {"chrf++", "ter"});
  require_choice("--tokenize", options.tokenize, names_of<BleuTokenizer>(), {"intl", "char", "zh"});
  require_choice("--format", options.format, {"text", "json"}, {});
}

References read_references(const EvaluateOptions& options, std::size_t lines) {
  References references;
  for (const std::string& path : options.references) {
    references.push_back(read_lines(path));
    if (references.back().size() != lines)
      throw DataError("[", options.hypothesis, " and ", path, "] expected as many lines in both, got ", lines,
                      " and ", references.back().size(), "; line n of one belongs to line n of the other");
  }
  return references;
}

std::string bleu_text(const BleuScore& bleu, const std::string& signature) {
  std::vector<std::string> precisions;
  for (const double precision : bleu.precisions) precisions.push_back(format_fixed(precision, 1));
  const double ratio = bleu.reference_length == 0 ? 0.0
                                                  : static_cast<double>(bleu.system_length) /
                                                        static_cast<double>(bleu.reference_length);
  return concat("BLEU|", signature, " = ", format_fixed(bleu.score, 2), " ", join(precisions, "/"),
                " (BP = ", format_fixed(bleu.brevity_penalty, 3), " ratio = ", format_fixed(ratio, 3),
                " sys_len = ", bleu.system_length, " ref_len = ", bleu.reference_length, ")\n");
}

Json bleu_json(const BleuScore& bleu, const std::string& signature) {
  return {{"score", bleu.score},        {"signature", signature},        {"precisions", bleu.precisions},
          {"bp", bleu.brevity_penalty}, {"sys_len", bleu.system_length}, {"ref_len", bleu.reference_length}};
}

void evaluate(const EvaluateOptions& options) {
  require_valid(options);
  const std::vector<std::string> hypotheses = read_lines(options.hypothesis);
  const References references = read_references(options, hypotheses.size());
  const BleuTokenizer tokenizer = *value_of<BleuTokenizer>(options.tokenize);

  std::string text;
  Json json = Json::object();
  for (const std::string& metric : options.metrics) {
    if (metric == "bleu") {
      const BleuScore bleu = corpus_bleu(hypotheses, references, tokenizer);
      const std::string signature = bleu_signature(references.size(), tokenizer);
      text += bleu_text(bleu, signature);
      json[metric] = bleu_json(bleu, signature);
    } else {
      const double chrf = corpus_chrf(hypotheses, references);
      const std::string signature = chrf_signature(references.size());
      text += concat("chrF2|", signature, " = ", format_fixed(chrf, 2), "\n");
      json[metric] = {{"score", chrf}, {"signature", signature}};
    }
  }
  ResultWriter out("-");
  out.write(options.format == "json" ? json.dump(2) + "\n" : text);
  out.close();
}

}  // namespace

void add_evaluate_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("evaluate", "BLEU and chrF, equal to sacreBLEU's, with a signature");
  const auto options = std::make_shared<EvaluateOptions>();
  verb->add_option("--hypothesis", options->hypothesis, "translations, one a line; - is standard input")
      ->required();
  verb->add_option("--reference", options->references, "reference translations; again for each further file")
      ->required()
      ->allow_extra_args(false);
  verb->add_option("--metric", options->metrics, "bleu, chrf")->delimiter(',')->allow_extra_args(false);
  verb->add_option("--tokenize", options->tokenize, "of BLEU: " + join(names_of<BleuTokenizer>(), ", "));
  verb->add_option("--format", options->format, "text, or json with unrounded numbers");
  verb->callback([options] { evaluate(*options); });
}

}  // namespace attend
