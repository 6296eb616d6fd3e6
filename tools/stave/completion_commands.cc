// Rows for shell completion. The shells' scripts ask `stave __complete WORDS...` and know nothing
// more.
#include <memory>

#include "command.h"
#include "object_json.h"
#include "output.h"

namespace stave::cli {

namespace {

constexpr const char* bashScript = R"(# stave completion for bash
_stave() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do COMPREPLY+=("$line"); done \
    < <(stave __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default
}
complete -F _stave stave
)";

constexpr const char* zshScript = R"(#compdef stave
_stave() {
  local -a found
  found=("${(@f)$(stave __complete "${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  found=(${found:#})
  if (( ${#found} )); then compadd -- "${found[@]}"; else _files; fi
}
compdef _stave stave
)";

constexpr const char* fishScript = R"(# stave completion for fish
function __stave_complete
  set -l words (commandline -opc) (commandline -ct)
  stave __complete $words[2..-1] 2>/dev/null
end
complete -c stave -a '(__stave_complete)'
)";

Action completion(Flags&) {
  return [](Session&, const Words& words) {
    auto script = words[0] == "bash"   ? bashScript
                  : words[0] == "zsh"  ? zshScript
                  : words[0] == "fish" ? fishScript
                                       : nullptr;
    if (script == nullptr) throw UsageError("there is completion for bash, zsh and fish");
    print(script);
    return 0;
  };
}

const char* kindOf(Completes what) {
  switch (what) {
    case Completes::containers:
      return "Pod";
    case Completes::images:
      return "Image";
    case Completes::networks:
      return "Network";
    case Completes::volumes:
      return "Volume";
    case Completes::plugins:
      return "Plugin";
    default:
      return nullptr;
  }
}

/// What an argument of the command may be.
Words argumentsOf(Session& session, const Command& command) {
  Words words;
  if (command.completes == Completes::kinds) return KindSchemas(session).names();
  if (auto kind = kindOf(command.completes)) {
    for (auto& object : session.list(kind)) words.push_back(object.name());
  }
  return words;
}

Words flagsOf(const Command& command) {
  Flags flags;
  auto action = command.make(flags);
  Words words{"--help"};
  for (auto& flag : flags.all()) {
    if (!flag.hidden) words.push_back(flag.names.substr(flag.names.rfind(',') + 1));
  }
  return words;
}

/// First words of all commands, or second words of those that begin with the given one.
Words commandWords(const Words& before) {
  Words words;
  for (auto& command : allCommands()) {
    std::string path(command.path);
    if (path.compare(0, 2, "__") == 0) continue;
    auto space = path.find(' ');
    if (before.empty()) {
      auto first = path.substr(0, space);
      if (words.empty() || words.back() != first) words.push_back(first);
    } else if (space != std::string::npos && path.substr(0, space) == before[0]) {
      words.push_back(path.substr(space + 1));
    }
  }
  return words;
}

Action complete(Flags&) {
  return [](Session& session, const Words& words) {
    auto last = words.empty() ? std::string() : words.back();
    Words before(words.begin(), words.empty() ? words.end() : words.end() - 1);
    auto [command, count] = findCommand(before);
    Words candidates;
    if (command == nullptr) {
      candidates = commandWords(before);
    } else if (!last.empty() && last.front() == '-') {
      candidates = flagsOf(*command);
    } else {
      candidates = argumentsOf(session, *command);
    }
    std::string text;
    for (auto& candidate : candidates) {
      if (candidate.compare(0, last.size(), last) == 0) text += candidate + "\n";
    }
    print(text);
    return 0;
  };
}

}  // namespace

std::vector<Command> completionCommands() {
  return {
      {"completion", "bash|zsh|fish", "Print a script that completes commands in a shell",
       "source <(stave completion bash)", 1, 1, Completes::nothing, false, 1, &completion},
      {"__complete", "[WORD...]", "What may stand for the last word", "", 0, anyNumber,
       Completes::nothing, true, 1, &complete},
  };
}

}  // namespace stave::cli
