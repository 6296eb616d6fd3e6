#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stave::oci {

/// One challenge of a WWW-Authenticate header (RFC 7235).
struct Challenge {
  std::string scheme;                             ///< lower case: "basic", "bearer"
  std::map<std::string, std::string> parameters;  ///< names in lower case
  std::string token;                              ///< a token68 instead of parameters

  std::string parameter(const std::string& name) const;
};

/// A header may hold several. What cannot be read ends the list.
std::vector<Challenge> parseChallenges(std::string_view header);

}  // namespace stave::oci
