// The program: verbs are added, one is run, and whatever is thrown becomes an exit code here and nowhere else.
#include <c10/util/Exception.h>
#include <torch/headeronly/version.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/file_fault.h"
#include "attend/core/log.h"
#include "attend/core/text.h"
#include "attend/core/version.h"
#include "attend/tensor/runtime.h"
#include "usage.h"

namespace attend {
namespace {

void add_help_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("help", "what a verb does and which options it has");
  const auto words = std::make_shared<std::vector<std::string>>();
  verb->add_option("VERB", *words, "the verb, e.g. \"train\" or \"tokenizer train\"");
  verb->callback([&app, words] {
    const CLI::App& asked = find_verb(app, *words);
    // Without the app that was run (help), CLI11 would show the help of that one.
    std::cout << app.get_formatter()->make_help(&asked, "attend " + join(*words, " "), CLI::AppFormatMode::Normal);
  });
}

void add_verbs(CLI::App& app) {
  add_train_verb(app);
  add_validate_verb(app);
  add_translate_verb(app);
  add_generate_verb(app);
  add_score_verb(app);
  add_evaluate_verb(app);
  add_tokenizer_verb(app);
  add_config_verb(app);
  add_model_verb(app);
  add_bench_verb(app);
  add_doctor_verb(app);
  add_completion_verb(app);
  add_help_verb(app);
  add_log_options(app);
}

int fail(ExitCode code, const std::string& message) {
  finish_progress();
  log_error(message);
  return static_cast<int>(code);
}

int fail_in_torch(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  if (is_out_of_memory(error)) return fail(ExitCode::out_of_memory, "out of memory; a smaller batch or model needs less\n" + text);
  return fail(ExitCode::internal, "internal error in LibTorch: " + text);
}

int run(int argc, char** argv) {
  CLI::App app{"Transformers, trained and used from the command line", "attend"};
  app.require_subcommand(0, 1);
  app.set_version_flag("--version", concat("attend ", kVersion, " (LibTorch ", TORCH_VERSION, ")"));
  add_verbs(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what() << '\n';
  } catch (const CLI::ParseError& error) {
    throw UsageError(explain_usage(app, error));
  }
  if (argc == 1) {
    std::cerr << app.help();
    return static_cast<int>(ExitCode::usage);
  }
  flush_standard_output();
  return static_cast<int>(ExitCode::ok);
}

int run_and_explain(int argc, char** argv) {
  try {
    if (const char* fault = std::getenv("ATTEND_FILE_FAULT")) set_file_fault(parse_file_fault(fault));  // for tests
    return run(argc, argv);
  } catch (const ClosedPipe&) {
    return static_cast<int>(ExitCode::ok);
  } catch (const ConfigError& error) {
    // Lines that begin with file:line:column, as editors expect them: no prefix.
    finish_progress();
    if (log_level() < LogLevel::off) std::cerr << error.what() << std::endl;
    return static_cast<int>(error.code());
  } catch (const StoppedBySignal& stopped) {
    return 128 + stopped.signal;
  } catch (const Error& error) {
    return fail(error.code(), error.what());
  } catch (const c10::Error& error) {
    return fail_in_torch(error);
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::out_of_memory, "out of memory; a smaller batch or model needs less");
  } catch (const std::exception& error) {
    return fail(ExitCode::internal, concat("internal error: ", error.what()));
  }
}

}  // namespace
}  // namespace attend

int main(int argc, char** argv) {
  // Closed pipes and file size limits show as errors of write(), which every writer checks.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  attend::keep_freed_memory();
  return attend::run_and_explain(argc, argv);
}
