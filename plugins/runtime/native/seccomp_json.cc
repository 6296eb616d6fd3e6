#include <stave/error.h>

#include <nlohmann/json.hpp>

#include "seccomp_profile.h"

namespace stave::native {

namespace {

using nlohmann::json;

[[noreturn]] void failField(const std::string& field, const std::string& reason) {
  fail(ErrorCode::INVALID, "security.seccomp, " + field + ": " + reason);
}

SeccompAction parseAction(const std::string& name, int value) {
  constexpr std::pair<const char*, SeccompAction::Kind> known[] = {
      {"SCMP_ACT_ALLOW", SeccompAction::allow},
      {"SCMP_ACT_ERRNO", SeccompAction::errno_},
      {"SCMP_ACT_KILL", SeccompAction::killThread},
      {"SCMP_ACT_KILL_THREAD", SeccompAction::killThread},
      {"SCMP_ACT_KILL_PROCESS", SeccompAction::killProcess},
      {"SCMP_ACT_TRAP", SeccompAction::trap},
      {"SCMP_ACT_LOG", SeccompAction::log},
      {"SCMP_ACT_TRACE", SeccompAction::trace}};
  for (auto& [text, kind] : known) {
    if (name == text) return {kind, static_cast<uint16_t>(value)};
  }
  failField("action", "there is no action \"" + name + "\"");
}

SeccompCondition parseCondition(const json& value) {
  constexpr std::pair<const char*, SeccompCondition::Comparison> known[] = {
      {"SCMP_CMP_EQ", SeccompCondition::equal},
      {"SCMP_CMP_NE", SeccompCondition::notEqual},
      {"SCMP_CMP_LT", SeccompCondition::less},
      {"SCMP_CMP_LE", SeccompCondition::lessOrEqual},
      {"SCMP_CMP_GT", SeccompCondition::greater},
      {"SCMP_CMP_GE", SeccompCondition::greaterOrEqual},
      {"SCMP_CMP_MASKED_EQ", SeccompCondition::maskedEqual}};
  SeccompCondition condition;
  condition.argument = value.at("index").get<unsigned>();
  if (condition.argument > 5) failField("args.index", "a system call has six arguments, 0 to 5");
  condition.value = value.at("value").get<uint64_t>();
  condition.valueTwo = value.value("valueTwo", uint64_t{0});
  std::string name = value.at("op").get<std::string>();
  for (auto& [text, comparison] : known) {
    if (name != text) continue;
    condition.comparison = comparison;
    return condition;
  }
  failField("args.op", "there is no comparison \"" + name + "\"");
}

const json& member(const json& value, const char* name) {
  static const json nothing;
  auto found = value.find(name);
  return found == value.end() ? nothing : *found;
}

CapabilitySet parseCapabilities(const json& filter) {
  CapabilitySet result = 0;
  for (auto& name : member(filter, "caps")) {
    int number = capabilityNumber(name.get<std::string>());
    if (number < 0) failField("caps", "there is no capability " + name.dump());
    result |= CapabilitySet{1} << number;
  }
  return result;
}

std::vector<std::string> parseArchitectures(const json& filter) {
  std::vector<std::string> result;
  for (auto& name : member(filter, "arches")) result.push_back(name.get<std::string>());
  return result;
}

unsigned parseKernel(const json& filter) {
  std::string text = filter.is_object() ? filter.value("minKernel", "") : "";
  if (text.empty()) return 0;
  unsigned major = 0;
  unsigned minor = 0;
  if (sscanf(text.c_str(), "%u.%u", &major, &minor) < 1) failField("minKernel", "not like \"4.8\"");
  return major * 1000 + minor;
}

SeccompRule parseRule(const json& value) {
  SeccompRule rule;
  rule.action =
      parseAction(value.at("action").get<std::string>(),
                  member(value, "errnoRet").is_number() ? value["errnoRet"].get<int>() : 1);
  for (auto& name : member(value, "names")) rule.names.push_back(name.get<std::string>());
  if (member(value, "name").is_string()) rule.names.push_back(value["name"].get<std::string>());
  for (auto& condition : member(value, "args"))
    rule.conditions.push_back(parseCondition(condition));
  const json& includes = member(value, "includes");
  const json& excludes = member(value, "excludes");
  rule.needed = parseCapabilities(includes);
  rule.forbidden = parseCapabilities(excludes);
  rule.architectures = parseArchitectures(includes);
  rule.notOn = parseArchitectures(excludes);
  rule.minimumKernel = parseKernel(includes);
  return rule;
}

}  // namespace

SeccompProfile parseSeccompJson(std::string_view text) {
  try {
    json root = json::parse(text);
    if (!root.is_object()) failField("profile", "it is not a JSON object");
    SeccompProfile profile;
    int value =
        member(root, "defaultErrnoRet").is_number() ? root["defaultErrnoRet"].get<int>() : 1;
    profile.otherwise = parseAction(root.at("defaultAction").get<std::string>(), value);
    for (auto& rule : member(root, "syscalls")) profile.rules.push_back(parseRule(rule));
    return profile;
  } catch (const json::exception& error) {
    failField("profile", error.what());
  }
}

}  // namespace stave::native
