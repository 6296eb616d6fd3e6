#pragma once

#include <string>

namespace stave {

struct Options {
  enum class Action { run, checkConfig, printDefaultConfig, version, help };

  Action action = Action::run;
  std::string config;  ///< path; empty: /etc/stave/stave.toml, or the default stack
  std::string error;   ///< not empty: the command line is wrong, and why
};

Options parseOptions(int argc, char** argv);

extern const char* const usage;

}  // namespace stave
