#include "image_changes.h"

#include <stave/error.h>
#include <time.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

namespace stave::node {

namespace {

using Words = std::vector<std::string>;

std::string_view trimmed(std::string_view text) {
  auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

/// Words with quotes and backslashes taken as the shell takes them.
Words shellWords(std::string_view text) {
  Words words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char each = text[i];
    if (each == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      inside = true;
    } else if (quote != 0) {
      if (each == quote) {
        quote = 0;
      } else {
        word += each;
      }
    } else if (each == '"' || each == '\'') {
      quote = each;
      inside = true;
    } else if (each == ' ' || each == '\t') {
      if (inside) words.push_back(std::move(word));
      word.clear();
      inside = false;
    } else {
      word += each;
      inside = true;
    }
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

bool isJsonList(std::string_view text, Words& words) {
  auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_array()) return false;
  for (auto& each : parsed) {
    if (!each.is_string()) return false;
    words.push_back(each.get<std::string>());
  }
  return true;
}

/// ["a", "b"] or a line for the shell.
Words command(std::string_view arguments) {
  Words words;
  if (isJsonList(arguments, words)) return words;
  return {"/bin/sh", "-c", std::string(arguments)};
}

Words list(std::string_view arguments) {
  Words words;
  return isJsonList(arguments, words) ? words : shellWords(arguments);
}

std::pair<std::string, std::string> assignment(const std::string& word) {
  auto equals = word.find('=');
  if (equals == word.npos || equals == 0) {
    fail(ErrorCode::INVALID, "expected name=value, got \"" + word + "\"");
  }
  return {word.substr(0, equals), word.substr(equals + 1)};
}

/// "A=1 B=2", or the old form "A 1".
Words assignments(std::string_view arguments) {
  auto words = shellWords(arguments);
  bool old = words.size() >= 2 && words[0].find('=') == std::string::npos;
  if (!old) return words;
  auto rest = trimmed(arguments.substr(words[0].size()));
  return {words[0] + "=" + std::string(rest)};
}

void setEnvironment(Words& environment, const std::string& word) {
  auto name = assignment(word).first + "=";
  auto same = [&](const std::string& each) { return each.rfind(name, 0) == 0; };
  auto found = std::find_if(environment.begin(), environment.end(), same);
  if (found != environment.end()) {
    *found = word;
  } else {
    environment.push_back(word);
  }
}

void addMissing(Words& to, const Words& from) {
  for (auto& each : from) {
    if (std::find(to.begin(), to.end(), each) == to.end()) to.push_back(each);
  }
}

void applyOne(image::RunConfig& config, const std::string& name, std::string_view arguments) {
  if (name == "CMD") {
    config.command = command(arguments);
  } else if (name == "ENTRYPOINT") {
    config.entrypoint = command(arguments);
  } else if (name == "ENV") {
    for (auto& word : assignments(arguments)) setEnvironment(config.environment, word);
  } else if (name == "LABEL") {
    for (auto& word : assignments(arguments)) {
      auto [key, value] = assignment(word);
      config.labels[key] = value;
    }
  } else if (name == "EXPOSE") {
    auto ports = shellWords(arguments);
    for (auto& port : ports) {
      if (port.find('/') == port.npos) port += "/tcp";
    }
    addMissing(config.exposedPorts, ports);
  } else if (name == "VOLUME") {
    addMissing(config.volumes, list(arguments));
  } else if (name == "USER") {
    config.user = arguments;
  } else if (name == "WORKDIR") {
    bool absolute = arguments[0] == '/';
    auto base = config.workingDirectory.empty() ? "/" : config.workingDirectory + "/";
    config.workingDirectory = absolute ? std::string(arguments) : base + std::string(arguments);
  } else if (name == "STOPSIGNAL") {
    config.stopSignal = arguments;
  } else {
    fail(ErrorCode::INVALID, name + " is not an instruction that can change an image");
  }
}

}  // namespace

void applyChanges(image::RunConfig& config, const std::vector<std::string>& changes) {
  for (auto& change : changes) {
    auto line = trimmed(change);
    auto space = std::min(line.find_first_of(" \t"), line.size());
    std::string name(line.substr(0, space));
    std::transform(name.begin(), name.end(), name.begin(), ::toupper);
    auto arguments = trimmed(line.substr(space));
    if (arguments.empty()) fail(ErrorCode::INVALID, "change \"" + change + "\" has no arguments");
    applyOne(config, name, arguments);
  }
}

std::string formatTime(int64_t nanos) {
  constexpr int64_t nanosPerSecond = 1'000'000'000;
  time_t seconds = nanos / nanosPerSecond;
  struct tm parts;
  gmtime_r(&seconds, &parts);
  char text[64];
  auto length = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text + length, sizeof(text) - length, ".%09lldZ",
           static_cast<long long>(nanos % nanosPerSecond));
  return text;
}

}  // namespace stave::node
