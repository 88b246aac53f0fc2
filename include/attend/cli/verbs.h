// One function for each verb, in a file of its own. It adds a subcommand with its options and a callback that runs it.
#pragma once

namespace CLI {
class App;
}

namespace attend {

void add_train_verb(CLI::App& app);
void add_validate_verb(CLI::App& app);
void add_translate_verb(CLI::App& app);
void add_generate_verb(CLI::App& app);
void add_score_verb(CLI::App& app);
void add_evaluate_verb(CLI::App& app);
void add_tokenizer_verb(CLI::App& app);
void add_config_verb(CLI::App& app);
void add_model_verb(CLI::App& app);
void add_model_average(CLI::App& model_verb);
void add_model_seal(CLI::App& model_verb);
void add_bench_verb(CLI::App& app);
void add_doctor_verb(CLI::App& app);
void add_completion_verb(CLI::App& app);

}  // namespace attend
