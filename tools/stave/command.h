#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "flags.h"

namespace stave::cli {

class Session;
using Words = std::vector<std::string>;

/// Does a command with its arguments; gives the exit code.
using Action = std::function<int(Session&, const Words&)>;

/// What a command's arguments name, for completion.
enum class Completes { nothing, containers, images, networks, volumes, plugins, kinds, files };

constexpr size_t anyNumber = ~size_t(0);

/// One row of the table of commands.
struct Command {
  std::string_view path;  // "network ls"
  std::string_view usage;
  std::string_view summary;
  std::string_view examples;  // one a line
  size_t fewest = 0;          // arguments
  size_t most = 0;
  Completes completes = Completes::nothing;
  bool passThrough = false;  // its options end at the first argument
  int failure = 1;           // exit code when it fails before or outside of a container
  Action (*make)(Flags&);    // declares the options; they live in what it returns
};

std::vector<Command> containerCommands();
std::vector<Command> containerDataCommands();
std::vector<Command> imageCommands();
std::vector<Command> networkCommands();
std::vector<Command> volumeCommands();
std::vector<Command> systemCommands();
std::vector<Command> objectCommands();
std::vector<Command> scriptCommands();
std::vector<Command> completionCommands();

const std::vector<Command>& allCommands();

struct FoundCommand {
  const Command* command;  // null: there is none such
  size_t words;            // how many the name took
};
/// The command that the words begin with; knows the long forms "container ps" and "image pull".
FoundCommand findCommand(const Words& words);

std::string helpOf(const Command& command, const Flags& flags);
/// Of all commands, or of those whose first word is `group`.
std::string helpOfAll(std::string_view group = "");

}  // namespace stave::cli
