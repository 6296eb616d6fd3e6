#include "kernel/object/name_rule.h"

#include <re2/re2.h>
#include <stave/error.h>

namespace stave {

namespace {

constexpr std::string_view defaultPattern = "[a-zA-Z0-9][a-zA-Z0-9_.-]*";
constexpr size_t defaultMaximum = 200;  // as stave/name.h: names become those of files

std::shared_ptr<re2::RE2> compile(std::string_view pattern) {
  auto expression = std::make_shared<re2::RE2>(std::string(pattern), re2::RE2::Quiet);
  if (!expression->ok()) {
    fail(ErrorCode::INVALID, "the pattern of names \"" + std::string(pattern.substr(0, 200)) +
                                 "\" is not a regular expression: " + expression->error());
  }
  return expression;
}

}  // namespace

NameRule::NameRule(std::string_view pattern, size_t maximum)
    : pattern_(compile(pattern.empty() ? defaultPattern : pattern)),
      maximum_(maximum == 0 ? defaultMaximum : maximum) {
  if (maximum_ <= maximumName) return;
  fail(ErrorCode::INVALID, "the length of names must be at most " + std::to_string(maximumName) +
                               ", not " + std::to_string(maximum));
}

NameRule::~NameRule() noexcept = default;

bool NameRule::fits(std::string_view name) const {
  return name.size() <= maximum_ && re2::RE2::FullMatch({name.data(), name.size()}, *pattern_);
}

std::string NameRule::text() const {
  return "must match " + pattern_->pattern() + " and have at most " + std::to_string(maximum_) +
         " bytes";
}

}  // namespace stave
