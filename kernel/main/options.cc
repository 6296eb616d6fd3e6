#include "kernel/main/options.h"

#include <string_view>

namespace stave {

const char* const usage =
    "usage: staved [--config FILE]\n"
    "\n"
    "The daemon: keeps objects, runs the plug-ins of the stack, and serves clients.\n"
    "\n"
    "  --config FILE           the stack; otherwise /etc/stave/stave.toml, or the default stack\n"
    "  --check-config          say whether the configuration is good, and end\n"
    "  --print-default-config  print the default stack, and end\n"
    "  --version               print the version, and end\n"
    "  --help                  print this, and end\n"
    "\n"
    "SIGHUP reads the configuration again; SIGTERM ends the daemon and leaves containers "
    "running.\n";

Options parseOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i++) {
    std::string_view word = argv[i];
    if (word == "--config" && i + 1 < argc) {
      options.config = argv[++i];
    } else if (word.starts_with("--config=")) {
      options.config = word.substr(9);
    } else if (word == "--config") {
      options.error = "--config needs a file name";
    } else if (word == "--check-config") {
      options.action = Options::Action::checkConfig;
    } else if (word == "--print-default-config") {
      options.action = Options::Action::printDefaultConfig;
    } else if (word == "--version") {
      options.action = Options::Action::version;
    } else if (word == "--help" || word == "-h") {
      options.action = Options::Action::help;
    } else {
      options.error = "unknown argument " + std::string(word);
    }
  }
  return options;
}

}  // namespace stave
