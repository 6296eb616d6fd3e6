#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stave::cli {

/// The command line is wrong. Shown with a pointer to --help.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One option of a command.
struct Flag {
  std::string names;        // "-n,--name"
  std::string placeholder;  // what its value is called in --help; empty: it takes none
  std::string help;
  std::function<void(const std::string&)> take;  // each value; of a toggle "true" or "false"
  bool hidden = false;
};

/// The options that a command declares. Where the values go must live until they were parsed.
class Flags {
 public:
  void toggle(std::string names, bool& target, std::string help);
  void text(std::string names, std::string& target, std::string help,
            std::string placeholder = "string");
  void texts(std::string names, std::vector<std::string>& target, std::string help,
             std::string placeholder = "list");
  void integer(std::string names, int64_t& target, std::string help);
  void bytes(std::string names, uint64_t& target, std::string help);
  void each(std::string names, std::string placeholder, std::string help,
            std::function<void(const std::string&)> take);
  /// Known, not done, and said so.
  void refuse(std::string names, std::string reason, bool takesValue = true);

  const std::vector<Flag>& all() const { return flags_; }

 private:
  std::vector<Flag> flags_;
};

struct ParsedLine {
  std::vector<std::string> arguments;
  bool help = false;
};

/// Takes the options out of `words` and gives the rest. `passThrough`: all that follows the first
/// word that is no option is left as it is. Throws UsageError.
ParsedLine parseFlags(const Flags& flags, const std::vector<std::string>& words, bool passThrough);

/// "invalid argument "x" for "--name": reason".
[[noreturn]] void failFlag(std::string_view flag, std::string_view value, std::string_view reason);

}  // namespace stave::cli
