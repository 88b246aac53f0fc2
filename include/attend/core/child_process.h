// Runs library code that may exit or crash in a child process, so that only the child ends.
#pragma once

#include <functional>
#include <string>

namespace attend {

// Stores the next message and returns true; returns false when there is none left.
using MessageSource = std::function<bool(std::string& message)>;

// How the work in a child process ended.
struct ChildEnd {
  enum class Kind {
    answered,       // `text` is the answer of the work
    threw,          // the work threw an exception; `text` is its what()
    out_of_memory,  // memory or threads ran out
    died,           // the process ended inside the work, by exit() or a signal
  };
  Kind kind = Kind::died;
  std::string text;
  std::string printed;  // the last 4 KiB that the child wrote to standard error
  int signal = 0;       // the signal that ended the child; 0 if none did
};

// Forks a child process that calls work(messages) and returns its answer. The messages are those that `feed` gives in
// the parent, in the same order. If `feed` throws, the child is killed and the exception is passed on. If the child
// dies, the remaining messages are dropped.
//
// The child is killed when its parent ends, and its standard error is captured. None of the parent's other threads
// exist in the child, so the work must not wait for one. Throws OutOfMemoryError when no child process can be created.
ChildEnd run_in_child(const MessageSource& feed, const std::function<std::string(const MessageSource& messages)>& work);

}  // namespace attend
