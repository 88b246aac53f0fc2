#include "attend/core/mapped_file.h"

#include <sys/mman.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <string>

#include "attend/core/text.h"
#include "descriptor.h"

namespace attend {
namespace {

// What a handler of signals may read: a list that only grows, whose entries are used again.
struct Mapping {
  std::atomic<const std::uint8_t*> begin{nullptr};  // null: free
  std::uint64_t size = 0;                           // whole pages
  int exit_code = 0;
  std::string message;  // made ahead: a handler must not allocate
  Mapping* next = nullptr;
};
std::atomic<Mapping*> first_mapping{nullptr};
std::mutex changes_of_mappings;

Mapping& free_entry() {
  for (auto* entry = first_mapping.load(); entry != nullptr; entry = entry->next)
    if (entry->begin.load() == nullptr) return *entry;
  auto* entry = new Mapping;  // never deleted: a signal may come at any time
  entry->next = first_mapping.load();
  first_mapping.store(entry);
  return *entry;
}

void remember(const fs::path& path, const std::uint8_t* begin, std::uint64_t size, ExitCode fault) {
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::lock_guard guard(changes_of_mappings);
  auto& entry = free_entry();
  entry.size = (size + page - 1) / page * page;
  entry.exit_code = static_cast<int>(fault);
  entry.message = visible_text(concat("error: [", path.string(), "] expected its ", size,
                                      " bytes for as long as it is used, got a file that was cut "
                                      "short or a disk that cannot read it; put it back as it was, and start again\n"));
  entry.begin.store(begin);
}

void forget(const std::uint8_t* begin) {
  const std::lock_guard guard(changes_of_mappings);
  for (auto* entry = first_mapping.load(); entry != nullptr; entry = entry->next)
    if (entry->begin.load() == begin) entry->begin.store(nullptr);
}

// Of threads that meet the fault together one speaks.
void tell_and_exit(const Mapping& mapping) {
  static std::atomic_flag told = ATOMIC_FLAG_INIT;
  while (told.test_and_set()) ::pause();
  if (::isatty(STDERR_FILENO) == 1) [[maybe_unused]]
    const auto ended = ::write(STDERR_FILENO, "\n", 1);  // a live line
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, mapping.message.data(), mapping.message.size());
  ::_exit(mapping.exit_code);
}

extern "C" void on_lost_page(int signal, siginfo_t* info, void*) {
  const auto* at = static_cast<const std::uint8_t*>(info->si_addr);
  for (const auto* entry = first_mapping.load(); entry != nullptr; entry = entry->next) {
    const auto* begin = entry->begin.load();
    if (begin != nullptr && at >= begin && at < begin + entry->size) tell_and_exit(*entry);
  }
  std::signal(signal, SIG_DFL);  // none of ours: the same access ends the process now
}

template <class Fault>
const std::uint8_t* map_file(const fs::path& path, std::uint64_t& size) {
  const Descriptor file(open_regular<Fault>(path, size));
  if (size == 0) return nullptr;
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) throw Fault("[", path.string(), "] cannot be mapped: ", std::strerror(errno));
  return static_cast<const std::uint8_t*>(address);
}

}  // namespace

MappedFile::MappedFile(const fs::path& path, ExitCode fault) {
  data_ = fault == ExitCode::data ? map_file<DataError>(path, size_) : map_file<ModelError>(path, size_);
  if (data_ != nullptr) remember(path, data_, size_, fault);
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  forget(data_);
  ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

void explain_lost_mappings() {
  struct sigaction wanted {};
  wanted.sa_sigaction = on_lost_page;
  wanted.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &wanted, nullptr);
}

}  // namespace attend
