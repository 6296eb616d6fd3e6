#include "syntax.h"

#include <stave/json.h>

#include <charconv>
#include <cmath>

#include "flags.h"

namespace stave::cli {

namespace {

uint64_t parseUnsigned(std::string_view text, uint64_t highest, std::string_view flag,
                       std::string_view whole, int base = 10) {
  uint64_t number = 0;
  auto end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, number, base);
  bool good = !text.empty() && error == std::errc() && rest == end && number <= highest;
  if (!good) failFlag(flag, whole, "\"" + std::string(text) + "\" is not a number it can be");
  return number;
}

uint64_t limitOf(std::string_view text, std::string_view whole) {
  if (text == "-1" || text == "unlimited") return ~uint64_t(0);
  return parseUnsigned(text, ~uint64_t(0), "--ulimit", whole);
}

/// The byte that ctrl with this letter sends.
char controlByte(char letter, const std::string& whole) {
  if (letter >= 'a' && letter <= 'z') return static_cast<char>(letter - 'a' + 1);
  constexpr std::string_view symbols = "@[\\]^_";
  auto at = symbols.find(letter);
  if (at == std::string_view::npos) {
    failFlag("--detach-keys", whole, "ctrl- is followed by a letter or one of @[\\]^_");
  }
  return letter == '@' ? '\0' : static_cast<char>(letter - 'A' + 1);
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

UlimitFlag parseUlimit(const std::string& text) {
  auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    failFlag("--ulimit", text, "want NAME=SOFT[:HARD]");
  UlimitFlag limit;
  limit.name = text.substr(0, equals);
  auto parts = split(std::string_view(text).substr(equals + 1), ':');
  if (parts.size() > 2) failFlag("--ulimit", text, "want NAME=SOFT[:HARD]");
  limit.soft = limitOf(parts[0], text);
  limit.hard = limitOf(parts.back(), text);
  if (limit.soft > limit.hard) failFlag("--ulimit", text, "the soft limit is above the hard one");
  return limit;
}

DeviceFlag parseDevice(const std::string& text) {
  auto parts = split(text, ':');
  DeviceFlag device;
  device.host = device.container = parts[0];
  auto isPermissions = [](const std::string& part) {
    return !part.empty() && part.find_first_not_of("rwm") == std::string::npos;
  };
  if (parts.size() == 2)
    (isPermissions(parts[1]) ? device.permissions : device.container) = parts[1];
  if (parts.size() == 3) device.container = parts[1], device.permissions = parts[2];
  bool good = parts.size() <= 3 && device.host.front() == '/' && device.container.front() == '/' &&
              isPermissions(device.permissions);
  if (!good) failFlag("--device", text, "want /dev/HOST[:/dev/CONTAINER][:rwm]");
  return device;
}

RestartFlag parseRestart(const std::string& text) {
  auto parts = split(text, ':');
  RestartFlag restart{parts[0]};
  bool known = parts[0] == "no" || parts[0] == "always" || parts[0] == "on-failure" ||
               parts[0] == "unless-stopped";
  if (!known || parts.size() > 2) {
    failFlag("--restart", text, "want no, always, unless-stopped or on-failure[:RETRIES]");
  }
  if (parts.size() == 2) {
    if (parts[0] != "on-failure") failFlag("--restart", text, "only on-failure takes a number");
    restart.retries = parseUnsigned(parts[1], 0x7fffffff, "--restart", text);
  }
  return restart;
}

std::pair<std::string, std::optional<std::string>> parsePair(std::string_view text,
                                                             std::string_view flag) {
  auto equals = text.find('=');
  std::string name(text.substr(0, equals));
  if (name.empty()) failFlag(flag, text, "the name before = is empty");
  if (equals == std::string_view::npos) return {name, std::nullopt};
  return {name, std::string(text.substr(equals + 1))};
}

std::vector<std::string> parseLines(std::string_view text) {
  std::vector<std::string> lines;
  for (auto& line : split(text, '\n')) {
    auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    if (line.back() == '\r') line.pop_back();
    lines.push_back(line.substr(begin));
  }
  return lines;
}

uint64_t parseCpus(const std::string& text) {
  auto point = text.find('.');
  auto fraction = point == std::string::npos ? std::string() : text.substr(point + 1);
  if (fraction.size() > 3) failFlag("--cpus", text, "want at most three digits behind the point");
  auto digits = text.substr(0, point);
  if (digits.empty() && !fraction.empty()) digits = "0";
  fraction.resize(3, '0');
  constexpr uint64_t most = 100'000;
  return parseUnsigned(digits, most, "--cpus", text) * 1000 +
         parseUnsigned(fraction, 999, "--cpus", text);
}

std::string parseDetachKeys(const std::string& text) {
  std::string keys;
  for (auto& part : split(text, ',')) {
    constexpr std::string_view control = "ctrl-";
    if (part.size() == 1) {
      keys += part;
    } else if (part.size() == control.size() + 1 && part.compare(0, control.size(), control) == 0) {
      keys += controlByte(part.back(), text);
    } else {
      failFlag("--detach-keys", text, "want letters or ctrl-LETTER, separated by commas");
    }
  }
  return keys;
}

PlatformFlag parsePlatform(const std::string& text) {
  auto parts = split(text, '/');
  if (parts.size() == 1 && (parts[0] == "amd64" || parts[0] == "arm64"))
    return {"linux", parts[0], ""};
  if (parts.size() > 3 || parts[0].empty())
    failFlag("--platform", text, "want OS/ARCHITECTURE[/VARIANT]");
  parts.resize(3);
  return {parts[0], parts[1], parts[2]};
}

}  // namespace stave::cli
