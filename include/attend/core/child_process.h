// Work of a library that may end the process or crash, done in a child process, so that it ends no more than that.
#pragma once

#include <functional>
#include <string>

namespace attend {

// Gives messages one after the other; false when there is none left.
using MessageSource = std::function<bool(std::string& message)>;

struct ChildEnd {
  enum class Kind {
    answered,       // text: what the work gave
    threw,          // text: of the exception
    out_of_memory,  // memory or threads
    died,           // the process ended inside the work: by exit() or a signal
  };
  Kind kind = Kind::died;
  std::string text;
  std::string printed;  // on standard error; the last 4 KiB
  int signal = 0;       // that ended the child; 0: none
};

// Forks; the child calls work(messages), which gets what `feed` gives here, in the same order, and whose answer comes
// back. What `feed` throws ends the child and is thrown on. A child that dies does not read the rest. It ends with its
// parent, its standard error is caught, and of the parent's threads none goes on in it, so the work may use nothing
// that waits for one. OutOfMemoryError where no process can be made.
ChildEnd run_in_child(const MessageSource& feed, const std::function<std::string(const MessageSource& messages)>& work);

}  // namespace attend
