// The program: verbs are added, one is run, and whatever is thrown becomes an exit code here and nowhere else.
#include <c10/util/Exception.h>
#include <torch/headeronly/version.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <system_error>

#include "attend/cli/common.h"
#include "attend/cli/verbs.h"
#include "attend/core/error.h"
#include "attend/core/file_fault.h"
#include "attend/core/interrupt.h"
#include "attend/core/json.h"
#include "attend/core/log.h"
#include "attend/core/mapped_file.h"
#include "attend/core/text.h"
#include "attend/core/version.h"
#include "attend/tensor/runtime.h"
#include "usage.h"

namespace attend {
namespace {

constexpr const char* kOutOfMemory = "out of memory; a smaller batch or model, or fewer --threads, need less";

[[noreturn]] void end_with(ExitCode code, std::string_view text) {
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  ::_exit(static_cast<int>(code));
}

// What nobody can catch: a library's own thread, or memory that is gone before main() begins. It may not allocate.
[[noreturn]] void explain_end() {
  try {
    if (const auto fault = std::current_exception()) std::rethrow_exception(fault);
  } catch (const std::bad_alloc&) {
    end_with(ExitCode::out_of_memory, "error: out of memory\n");
  } catch (const std::system_error&) {
    end_with(ExitCode::out_of_memory, "error: no room for another thread\n");
  } catch (...) {
  }
  end_with(ExitCode::internal, "error: internal error in a thread of a library\n");
}

// Before the constructors of all libraries: LibTorch's take tens of megabytes, and throw where there are none; MKL's
// end the process where the current directory was deleted.
void prepare_for_libraries(int, char**, char**) {
  std::set_terminate(explain_end);
  static char directory[PATH_MAX];
  if (::getcwd(directory, sizeof directory) == nullptr && errno == ENOENT)
    end_with(ExitCode::usage, "error: the current directory was deleted; change to one that is there\n");
}
[[gnu::used, gnu::section(".preinit_array")]] void (*const before_libraries)(int, char**,
                                                                             char**) = prepare_for_libraries;

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
  if (is_out_of_memory(error)) return fail(ExitCode::out_of_memory, concat(kOutOfMemory, "\n", text));
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
    if (log_level() < LogLevel::off) std::cerr << visible_text(error.what()) << std::endl;
    return static_cast<int>(error.code());
  } catch (const StoppedBySignal& stopped) {
    return 128 + stopped.signal;
  } catch (const Interrupted& stopped) {  // before there was anything to save
    finish_progress();
    return 128 + stopped.signal;
  } catch (const Error& error) {
    return fail(error.code(), error.what());
  } catch (const c10::Error& error) {
    return fail_in_torch(error);
  } catch (const std::bad_alloc&) {
    return fail(ExitCode::out_of_memory, kOutOfMemory);
  } catch (const fs::filesystem_error& error) {  // a net: files are asked for in ways that do not throw this
    return fail(ExitCode::data,
                concat("[", error.path1().string(), "] cannot be used: ", error.code().message(), "; check the path"));
  } catch (const std::system_error& error) {  // a thread that could not be started
    const bool lacks_memory =
        error.code() == std::errc::resource_unavailable_try_again || error.code() == std::errc::not_enough_memory;
    return fail(lacks_memory ? ExitCode::out_of_memory : ExitCode::internal,
                concat(lacks_memory ? "no room for another thread: " : "internal error: ", error.what()));
  } catch (const Json::exception& error) {  // a net: what is read is checked where it is read
    return fail(ExitCode::model, concat("[JSON] expected another kind of value, got one of which ", error.what(),
                                        "; the model or run is damaged"));
  } catch (const std::exception& error) {
    return fail(ExitCode::internal, concat("internal error: ", error.what()));
  }
}

// LibTorch takes a tenth of a second to undo what it has registered, which is of use to nobody: what is open is
// written, and the process ends.
[[noreturn]] void leave(int code) {
  std::cout.flush();
  std::fflush(nullptr);
  close_log_file();
  std::_Exit(code);
}

}  // namespace
}  // namespace attend

int main(int argc, char** argv) {
  // Closed pipes and file size limits show as errors of write(), which every writer checks.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  attend::explain_lost_mappings();
  attend::keep_freed_memory();
  attend::leave(attend::run_and_explain(argc, argv));
}
