// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>

namespace orderscope {

/// Why something could not be done. Errors are values: every function that can fail on its input returns a Result.
struct Error {
  enum class Kind {
    NotThisFormat,  ///< the file is of another format; another reader may take it
    Broken,         ///< the right format, but damaged or contradicting itself
    Unsupported,    ///< well formed, but nothing here handles it
    InvalidInput,   ///< what the caller asked for makes no sense (option, layer name, shape)
    FileAccess,     ///< missing, unreadable, not writable, disk full
    OutOfMemory,
    Cancelled,  ///< the user stopped it; not a failure
  };

  Kind kind = Kind::InvalidInput;
  std::string what;     ///< what failed and why, one line without the file's name
  std::string subject;  ///< the file, layer or option it failed on; may be empty
  std::string advice;   ///< what to do about it; may be empty

  /// One line for people: "subject: what (advice)".
  std::string message() const {
    std::string line = subject.empty() ? what : subject + ": " + what;
    if (!advice.empty()) line += " (" + advice + ")";
    return line;
  }

  /// The same error, on a subject if it has none yet.
  Error on(std::string name) && {
    if (subject.empty()) subject = std::move(name);
    return std::move(*this);
  }
};

}  // namespace orderscope
