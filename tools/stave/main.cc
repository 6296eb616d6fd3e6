// The `stave` command: finds the row of the table that is meant, reads its options, and does it.
#include <kj/async-unix.h>
#include <signal.h>

#include <stave/error.h>
#include <stave/json.h>

#include "command.h"
#include "endpoint.h"
#include "output.h"
#include "session.h"

namespace stave::cli {
namespace {

void checkCount(const Command& command, size_t count) {
  if (count >= command.fewest && count <= command.most) return;
  auto exactly = command.fewest == command.most;
  auto bound = count < command.fewest ? command.fewest : command.most;
  auto kind = exactly ? "exactly" : count < command.fewest ? "at least" : "at most";
  throw UsageError("\"stave " + std::string(command.path) + "\" requires " + kind + " " +
                   std::to_string(bound) + (bound == 1 ? " argument" : " arguments"));
}

int runCommand(const Command& command, const Endpoint& endpoint, const Words& words) {
  Flags flags;
  auto action = command.make(flags);
  auto line = parseFlags(flags, words, command.passThrough);
  if (line.help) {
    print(helpOf(command, flags));
    return 0;
  }
  checkCount(command, line.arguments.size());
  // Never destroyed: the process ends, and taking the connection's promises apart takes as long as
  // a small command.
  static auto& session = *new Session(endpoint);
  return action(session, line.arguments);
}

/// Runs it, and turns what it throws into a line on standard error.
int guarded(const Command& command, const Endpoint& endpoint, const Words& words) {
  int code = 0;
  std::string usage;
  auto exception = kj::runCatchingExceptions([&]() {
    try {
      code = runCommand(command, endpoint, words);
    } catch (const UsageError& error) {
      usage = error.what();
    }
  });
  if (!usage.empty()) {
    complain(usage + "\nSee 'stave " + std::string(command.path) + " --help'.");
    return command.failure;
  }
  KJ_IF_MAYBE (thrown, exception) {
    complain(textOf(*thrown));
    return command.failure;
  }
  return code;
}

int dispatch(Words words) {
  auto endpoint = takeEndpoint(words);
  if (words.empty() || words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    if (words.size() > 1) {
      Words asked(words.begin() + 1, words.end());
      asked.push_back("--help");
      return dispatch(asked);
    }
    print(helpOfAll());
    return 0;
  }
  if (words[0] == "--version" || words[0] == "-v") words[0] = "version";
  auto [command, count] = findCommand(words);
  if (command != nullptr) {
    return guarded(*command, endpoint, {words.begin() + count, words.end()});
  }
  for (auto& known : allCommands()) {
    if (known.path.substr(0, words[0].size() + 1) != words[0] + " ") continue;
    print(helpOfAll(words[0]));
    return words.size() == 1 || words[1] == "--help" ? 0 : 1;
  }
  std::vector<std::string> names;
  for (auto& known : allCommands()) names.emplace_back(known.path.substr(0, known.path.find(' ')));
  auto nearest = nearestName(words[0], names);
  throw UsageError("there is no command \"" + words[0] + "\"" +
                   (nearest.empty() ? "" : "; did you mean \"" + nearest + "\"?"));
}

}  // namespace
}  // namespace stave::cli

int main(int count, char** values) {
  using namespace stave::cli;
  // KJ takes SIGUSR1 for itself unless told otherwise, and that one is passed on to containers.
  kj::UnixEventPort::setReservedSignal(SIGURG);
  try {
    return dispatch({values + 1, values + count});
  } catch (const UsageError& error) {
    complain(std::string(error.what()) + "\nSee 'stave --help'.");
    return 1;
  }
}
