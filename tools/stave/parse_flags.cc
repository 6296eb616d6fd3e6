// The one translation unit that sees CLI11: the header alone takes seconds to compile.
#include <CLI/CLI.hpp>
#include <algorithm>

#include "flags.h"

namespace stave::cli {

namespace {

void addToggle(CLI::App& app, const Flag& flag) {
  app.add_flag_function(
      flag.names, [&flag](int64_t count) { flag.take(count > 0 ? "true" : "false"); }, flag.help);
}

// Without the bound of one value per occurrence `-e A=B image` would take the image as well.
void addOption(CLI::App& app, const Flag& flag) {
  auto take = [&flag](const CLI::results_t& values) {
    for (auto& value : values) flag.take(value);
    return true;
  };
  app.add_option(flag.names, CLI::callback_t(take), flag.help)
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

/// Where the options end, if they end at the first word that is none.
size_t endOfOptions(const CLI::App& app, const std::vector<std::string>& words) {
  for (size_t i = 0; i < words.size(); ++i) {
    auto& word = words[i];
    if (word == "--" || word.size() < 2 || word.front() != '-') return i;
    bool isLong = word.compare(0, 2, "--") == 0;
    if (isLong && word.find('=') != std::string::npos) continue;
    // Of bundled letters only the last may take its value from the next word.
    auto last = isLong ? word : "-" + word.substr(word.size() - 1);
    auto first = isLong ? word : word.substr(0, 2);
    auto* option = app.get_option_no_throw(isLong ? word : first);
    bool carries =
        !isLong && word.size() > 2 && option != nullptr && option->get_items_expected() > 0;
    if (carries) continue;
    option = app.get_option_no_throw(last);
    if (option != nullptr && option->get_items_expected() > 0) ++i;
  }
  return words.size();
}

/// The words in the order CLI11 wants, which is backwards. "--name=value" becomes two words, for
/// CLI11 would take the next word for an empty value.
std::vector<std::string> reversed(const CLI::App& app, const std::vector<std::string>& words,
                                  size_t count) {
  std::vector<std::string> result;
  for (size_t i = 0; i < count; ++i) {
    auto equals = words[i].find('=');
    auto name = words[i].substr(0, equals);
    bool inlined = equals != std::string::npos && name.compare(0, 2, "--") == 0;
    auto* option = inlined ? app.get_option_no_throw(name) : nullptr;
    if (option != nullptr && option->get_items_expected() > 0) {
      result.push_back(name);
      result.push_back(words[i].substr(equals + 1));
    } else {
      result.push_back(words[i]);
    }
  }
  std::reverse(result.begin(), result.end());
  return result;
}

}  // namespace

ParsedLine parseFlags(const Flags& flags, const std::vector<std::string>& words, bool passThrough) {
  CLI::App app;
  app.set_help_flag();
  ParsedLine line;
  app.add_flag("--help", line.help);
  for (auto& flag : flags.all()) {
    flag.placeholder.empty() ? addToggle(app, flag) : addOption(app, flag);
  }
  app.allow_extras();
  auto end = passThrough ? endOfOptions(app, words) : words.size();
  try {
    auto options = reversed(app, words, end);
    app.parse(options);
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  bool afterDashes = false;
  for (auto& word : app.remaining()) {
    if (word == "--" && !afterDashes) {
      afterDashes = true;
      continue;
    }
    if (!afterDashes && word.size() > 1 && word.front() == '-') {
      throw UsageError("unknown flag: " + word.substr(0, word.find('=')));
    }
    line.arguments.push_back(word);
  }
  if (end < words.size() && words[end] == "--") ++end;
  line.arguments.insert(line.arguments.end(), words.begin() + end, words.end());
  return line;
}

}  // namespace stave::cli
