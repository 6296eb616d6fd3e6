#include <stave/error.h>

#include <cstdlib>
#include <sstream>

#include "seccomp_profile.h"

namespace stave::native {

namespace {

std::vector<std::string> words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) result.push_back(word);
  return result;
}

std::vector<std::string> splitAtCommas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, ',');) parts.push_back(part);
  return parts;
}

[[noreturn]] void failLine(const std::string& line, const char* reason) {
  fail(ErrorCode::INVALID, std::string("seccomp profile, \"") + line + "\": " + reason);
}

SeccompAction parseAction(const std::vector<std::string>& parts, size_t& used,
                          const std::string& line) {
  used = 1;
  if (parts[0] == "allow") return {SeccompAction::allow, 0};
  if (parts[0] != "errno" || parts.size() < 2) failLine(line, "it begins with no action");
  used = 2;
  return {SeccompAction::errno_, static_cast<uint16_t>(strtoul(parts[1].c_str(), nullptr, 10))};
}

SeccompCondition parseCondition(const std::vector<std::string>& parts, const std::string& line) {
  SeccompCondition condition;
  condition.argument = static_cast<unsigned>(parts[0].back() - '0');
  auto number = [&](size_t at) { return strtoull(parts[at].c_str(), nullptr, 0); };
  if (parts.size() == 5 && parts[1] == "&" && parts[3] == "==") {
    condition.comparison = SeccompCondition::maskedEqual;
    condition.value = number(2);
    condition.valueTwo = number(4);
    return condition;
  }
  if (parts.size() != 3) failLine(line, "a condition on an argument is like arg0 == 5");
  condition.value = number(2);
  if (parts[1] == "<") {
    condition.comparison = SeccompCondition::less;
  } else if (parts[1] == ">") {
    condition.comparison = SeccompCondition::greater;
  } else if (parts[1] != "==") {
    failLine(line, "a comparison is one of == < > and & MASK ==");
  }
  return condition;
}

unsigned parseKernel(const std::string& text) {
  char* rest = nullptr;
  unsigned major = static_cast<unsigned>(strtoul(text.c_str(), &rest, 10));
  unsigned minor = *rest == '.' ? static_cast<unsigned>(strtoul(rest + 1, nullptr, 10)) : 0;
  return major * 1000 + minor;
}

void addRequirement(SeccompRule& rule, const std::string& text, bool negated,
                    const std::string& line) {
  auto parts = words(text);
  if (parts.size() < 2) failLine(line, "a requirement is incomplete");
  if (parts[0].starts_with("arg")) {
    rule.conditions.push_back(parseCondition(parts, line));
  } else if (parts[0] == "kernel") {
    rule.minimumKernel = parseKernel(parts[1]);
  } else if (parts[0] == "cap") {
    int number = capabilityNumber(parts[1]);
    if (number < 0) failLine(line, "there is no such capability");
    (negated ? rule.forbidden : rule.needed) |= CapabilitySet{1} << number;
  } else if (parts[0] == "arch") {
    (negated ? rule.notOn : rule.architectures).assign(parts.begin() + 1, parts.end());
  } else {
    failLine(line, "a requirement is one of kernel, cap, arch and an argument");
  }
}

/// Adds the requirements between the action and the colon: "if a, b unless c, d".
void addRequirements(SeccompRule& rule, const std::string& text, const std::string& line) {
  size_t unless = text.find("unless ");
  size_t when = text.find("if ");
  if (when != std::string::npos) {
    for (auto& part : splitAtCommas(text.substr(when + 3, unless - when - 3))) {
      addRequirement(rule, part, false, line);
    }
  }
  if (unless == std::string::npos) return;
  for (auto& part : splitAtCommas(text.substr(unless + 7))) addRequirement(rule, part, true, line);
}

SeccompRule parseRule(const std::string& line) {
  SeccompRule rule;
  size_t used = 0;
  size_t colon = line.find(':');
  auto all = words(line);
  rule.action = parseAction(all, used, line);
  if (colon == std::string::npos) {
    rule.names.assign(all.begin() + used, all.end());
    return rule;
  }
  addRequirements(rule, line.substr(0, colon), line);
  rule.names = words(line.substr(colon + 1));
  return rule;
}

}  // namespace

SeccompProfile parseSeccompText(std::string_view text) {
  SeccompProfile profile;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) {
    if (line.empty() || line[0] == '#') continue;
    auto parts = words(line);
    if (parts.empty()) continue;
    size_t used = 0;
    if (line[0] == ' ' && !profile.rules.empty()) {
      auto& names = profile.rules.back().names;
      names.insert(names.end(), parts.begin(), parts.end());
    } else if (parts[0] == "otherwise") {
      parts.erase(parts.begin());
      if (parts.empty()) failLine(line, "the action is missing");
      profile.otherwise = parseAction(parts, used, line);
    } else {
      profile.rules.push_back(parseRule(line));
    }
  }
  return profile;
}

}  // namespace stave::native
