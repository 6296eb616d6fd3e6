#pragma once

#include <string>
#include <utility>
#include <vector>

namespace stave::oci {

/// The URL that `location` means when it stands in a reply from `base`. Fails [invalid] if it is
/// not a URL of http or https.
std::string resolveUrl(const std::string& base, const std::string& location);

/// "https://host:443": two URLs with the same are the same server.
std::string originOf(const std::string& url);

std::string schemeOf(const std::string& url);

/// "host" or "host:port", as in a reference.
std::string hostOf(const std::string& url);

/// Adds query parameters, encoded.
std::string withQuery(const std::string& url,
                      const std::vector<std::pair<std::string, std::string>>& parameters);

/// application/x-www-form-urlencoded.
std::string formEncode(const std::vector<std::pair<std::string, std::string>>& parameters);

bool isLoopback(const std::string& host);

}  // namespace stave::oci
