#pragma once

#include <string>

namespace stave::oci {

struct Credentials {
  std::string username;
  std::string password;
  std::string identityToken;  ///< OAuth2 refresh token

  bool empty() const { return username.empty() && password.empty() && identityToken.empty(); }
  bool operator==(const Credentials&) const = default;
};

std::string encodeBase64(const std::string& bytes);

/// Empty if it is not base64.
std::string decodeBase64(const std::string& text);

/// The value of an Authorization header.
std::string basicAuthorization(const Credentials& credentials);

}  // namespace stave::oci
