#include "flags.h"

#include <stave/json.h>

#include <charconv>

namespace stave::cli {

namespace {

std::string longest(const std::string& names) {
  return names.substr(names.rfind(',') + 1);
}

}  // namespace

void failFlag(std::string_view flag, std::string_view value, std::string_view reason) {
  throw UsageError("invalid argument \"" + std::string(value) + "\" for \"" + std::string(flag) +
                   "\": " + std::string(reason));
}

void Flags::toggle(std::string names, bool& target, std::string help) {
  flags_.push_back({std::move(names), "", std::move(help),
                    [&target](const std::string& value) { target = value == "true"; }});
}

void Flags::text(std::string names, std::string& target, std::string help,
                 std::string placeholder) {
  each(std::move(names), std::move(placeholder), std::move(help),
       [&target](const std::string& value) { target = value; });
}

void Flags::texts(std::string names, std::vector<std::string>& target, std::string help,
                  std::string placeholder) {
  each(std::move(names), std::move(placeholder), std::move(help),
       [&target](const std::string& value) { target.push_back(value); });
}

void Flags::integer(std::string names, int64_t& target, std::string help) {
  auto name = longest(names);
  each(std::move(names), "int", std::move(help), [&target, name](const std::string& value) {
    auto end = value.data() + value.size();
    auto [rest, error] = std::from_chars(value.data(), end, target);
    if (error != std::errc() || rest != end) failFlag(name, value, "not a whole number");
  });
}

void Flags::bytes(std::string names, uint64_t& target, std::string help) {
  auto name = longest(names);
  each(std::move(names), "bytes", std::move(help), [&target, name](const std::string& value) {
    KJ_IF_MAYBE (bytes, parseBytes(value)) {
      target = *bytes;
    } else {
      failFlag(name, value, "not a number of bytes such as 1024, 128m or 2g");
    }
  });
}

void Flags::each(std::string names, std::string placeholder, std::string help,
                 std::function<void(const std::string&)> take) {
  flags_.push_back({std::move(names), std::move(placeholder), std::move(help), std::move(take)});
}

void Flags::refuse(std::string names, std::string reason, bool takesValue) {
  auto name = longest(names);
  flags_.push_back({std::move(names), takesValue ? "value" : "", reason,
                    [name, reason](const std::string&) { throw UsageError(name + ": " + reason); },
                    true});
}

}  // namespace stave::cli
