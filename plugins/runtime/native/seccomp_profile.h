#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "capabilities.h"

namespace stave::native {

/// What a system call filter does with a call.
struct SeccompAction {
  enum Kind { allow, errno_, killProcess, killThread, trap, log, trace } kind = allow;
  uint16_t value = 0;  ///< of errno_ and trace
  bool operator==(const SeccompAction&) const = default;
};

struct SeccompCondition {
  enum Comparison { equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, maskedEqual };
  unsigned argument = 0;
  Comparison comparison = equal;
  uint64_t value = 0;     ///< of maskedEqual: the mask
  uint64_t valueTwo = 0;  ///< of maskedEqual: what is left after the mask
};

/// One rule; it stands only where its requirements hold.
struct SeccompRule {
  std::vector<std::string> names;
  SeccompAction action;
  std::vector<SeccompCondition> conditions;  ///< all of them
  CapabilitySet needed = 0;                  ///< only if the container has all of these
  CapabilitySet forbidden = 0;               ///< only if it has none of these
  std::vector<std::string> architectures;    ///< only on these (GOARCH names); empty: on all
  std::vector<std::string> notOn;
  unsigned minimumKernel = 0;  ///< as os::kernelVersion
};

struct SeccompProfile {
  SeccompAction otherwise{SeccompAction::errno_, 1};
  std::vector<SeccompRule> rules;
};

/// The text of the profile for containers that ask for none, in our own notation.
std::string_view defaultSeccompText();

/// Reads our own notation. One statement a line; # begins a comment:
///
///     otherwise errno 1
///     allow NAME NAME...
///     allow if kernel 4.8, cap SYS_PTRACE, arch amd64 x32: NAME...
///     errno 38 unless cap SYS_ADMIN: clone3
///     allow unless cap SYS_ADMIN, arg0 & 0x7e020000 == 0: clone
///
/// Conditions of a statement hold together; one after `unless` must not hold, arguments excepted. A
/// line that begins with spaces goes on with the names of the one before.
SeccompProfile parseSeccompText(std::string_view text);

/// Reads Docker's JSON. Fails [invalid] naming what is wrong.
SeccompProfile parseSeccompJson(std::string_view text);

using BpfProgram = std::string;  ///< an array of sock_filter

/// Makes the filter program for a process with these capabilities on this machine.
BpfProgram compileSeccomp(const SeccompProfile& profile, CapabilitySet capabilities);

}  // namespace stave::native
