#pragma once

#include <capnp/dynamic.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace stave {

/// Checks a spec or status against what its schema says with annotations ($required, $minimum,
/// $maximum, $pattern, $immutable, $uniqueBy) and against what no schema needs to say: known enum
/// values, valid UTF-8, bounded depth, no capabilities. It knows no kind; new ones need no code.
class Validator {
 public:
  Validator();
  ~Validator() noexcept;
  KJ_DISALLOW_COPY(Validator);

  /// Fails [invalid] "SUBJECT: PATH: what is wrong". `before` is what the object had, for fields
  /// that may not be changed; null at creation.
  void check(std::string_view subject, std::string_view path, capnp::DynamicStruct::Reader value,
             kj::Maybe<capnp::DynamicStruct::Reader> before);

  /// Forgets what was read from schemas: one of them has changed.
  void forget();

 private:
  struct Rules;
  struct FieldRules;
  class Walk;

  const Rules& rulesOf(capnp::StructSchema schema);

  std::map<uint64_t, std::unique_ptr<Rules>> rules_;
};

bool isValidUtf8(std::string_view text);

}  // namespace stave
