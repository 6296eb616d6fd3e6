#include "command.h"

#include <algorithm>

namespace stave::cli {

namespace {

/// Long forms that docker has besides its short ones.
struct Alias {
  std::string_view from, to;
};
constexpr Alias aliases[] = {
    {"container ls", "ps"},       {"container list", "ps"},       {"container ps", "ps"},
    {"image ls", "images"},       {"image list", "images"},       {"image rm", "rmi"},
    {"image pull", "pull"},       {"image push", "push"},         {"image tag", "tag"},
    {"image save", "save"},       {"image load", "load"},         {"image import", "import"},
    {"image history", "history"}, {"network list", "network ls"}, {"network remove", "network rm"},
    {"volume list", "volume ls"}, {"volume remove", "volume rm"}, {"plugin list", "plugin ls"},
    {"system events", "events"},
};

std::string beginning(const Words& words, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + words[i];
  return text;
}

const Command* byPath(std::string_view path) {
  for (auto& alias : aliases) {
    if (alias.from == path) path = alias.to;
  }
  for (auto& command : allCommands()) {
    if (command.path == path) return &command;
  }
  return nullptr;
}

std::string padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size() + 2), ' ');
  return text;
}

std::string flagLine(const Flag& flag) {
  auto comma = flag.names.find(',');
  auto names = comma == std::string::npos
                   ? "    " + flag.names
                   : flag.names.substr(0, comma) + ", " + flag.names.substr(comma + 1);
  constexpr size_t width = 34;
  return padded("  " + names + (flag.placeholder.empty() ? "" : " " + flag.placeholder), width) +
         flag.help + "\n";
}

}  // namespace

const std::vector<Command>& allCommands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> rows;
    for (auto part : {&containerCommands, &containerDataCommands, &imageCommands, &networkCommands,
                      &volumeCommands, &systemCommands, &objectCommands, &scriptCommands,
                      &completionCommands}) {
      auto more = part();
      rows.insert(rows.end(), more.begin(), more.end());
    }
    return rows;
  }();
  return all;
}

FoundCommand findCommand(const Words& words) {
  for (size_t count : {size_t(2), size_t(1)}) {
    if (words.size() < count) continue;
    if (auto command = byPath(beginning(words, count))) return {command, count};
  }
  if (words.size() >= 2 && words[0] == "container") return {byPath(words[1]), 2};
  return {nullptr, 0};
}

std::string helpOf(const Command& command, const Flags& flags) {
  auto text = "Usage:  stave " + std::string(command.path) + " " + std::string(command.usage) +
              "\n\n" + std::string(command.summary) + "\n";
  auto shown = flags.all();
  std::erase_if(shown, [](const Flag& flag) { return flag.hidden; });
  if (!shown.empty()) text += "\nOptions:\n";
  for (auto& flag : shown) text += flagLine(flag);
  if (command.examples.empty()) return text;
  text += "\nExamples:\n";
  std::string_view rest = command.examples;
  while (!rest.empty()) {
    auto end = rest.find('\n');
    text += "  " + std::string(rest.substr(0, end)) + "\n";
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return text;
}

std::string helpOfAll(std::string_view group) {
  std::string text;
  if (group.empty()) {
    text =
        "Usage:  stave [-H HOST] COMMAND\n\nRuns containers, on one machine or on many.\n\n"
        "Options:\n  -H, --host string   Daemon to talk to (default $STAVE_HOST or "
        "unix:///run/stave/stave.sock)\n"
        "      --tls-ca FILE   For -H tls://HOST:PORT: who signed the daemon's certificate "
        "($STAVE_TLS_CA)\n"
        "      --tls-cert FILE This client's certificate ($STAVE_TLS_CERT)\n"
        "      --tls-key FILE  And its key ($STAVE_TLS_KEY)\n"
        "      --tls-name NAME In the daemon's certificate, if not HOST ($STAVE_TLS_NAME)\n"
        "      --help          This text, or that of a command\n";
  }
  text += "\nCommands:\n";
  for (auto& command : allCommands()) {
    auto isHidden = command.path.substr(0, 2) == "__";
    bool inGroup = command.path.substr(0, group.size() + 1) == std::string(group) + " ";
    if (isHidden || (!group.empty() && !inGroup)) continue;
    text += padded("  " + std::string(command.path), 22) + std::string(command.summary) + "\n";
  }
  return text + "\nRun 'stave COMMAND --help' for more about a command.\n";
}

}  // namespace stave::cli
