#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stave::plugin {

/// What one plug-in's TOML table allows it to reach.
class Grants {
 public:
  /// `owner` is the plug-in, "network/bridge". Fails [invalid] on a grant that could never match.
  Grants(std::string owner, std::vector<std::string> grants);

  bool objects(std::string_view kind) const;  ///< "objects", "objects:KIND"
  bool anyObjects() const;
  bool events() const { return has("events"); }
  bool kinds() const { return has("kinds"); }
  bool kernel() const { return has("kernel"); }
  bool service(std::string_view kind, std::string_view name) const;  ///< "KIND", "KIND/NAME"

  /// Throws [denied]: names the grant that is missing and the table to add it to.
  [[noreturn]] void deny(std::string_view what, std::string_view grant) const;

  /// What an error says of a missing grant: who lacks it, and the table to add it to.
  std::string hint(std::string_view grant) const;

  const std::string& owner() const { return owner_; }

 private:
  bool has(std::string_view grant) const;

  std::string owner_;
  std::vector<std::string> grants_;
};

}  // namespace stave::plugin
