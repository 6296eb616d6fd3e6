#include "endpoint.h"

#include <cstdlib>

#include "flags.h"

namespace stave::cli {

namespace {

struct Option {
  const char* name;
  const char* variable;
  std::string* value;
};

std::vector<Option> optionsOf(Endpoint& endpoint) {
  return {{"--host", "STAVE_HOST", &endpoint.address},
          {"--tls-ca", "STAVE_TLS_CA", &endpoint.tls.authority},
          {"--tls-cert", "STAVE_TLS_CERT", &endpoint.tls.certificate},
          {"--tls-key", "STAVE_TLS_KEY", &endpoint.tls.key},
          {"--tls-name", "STAVE_TLS_NAME", &endpoint.tls.name}};
}

std::string& valueOf(const std::vector<Option>& options, const std::string& name) {
  for (auto& option : options) {
    if (name == option.name || (name == "-H" && option.value == options[0].value))
      return *option.value;
  }
  throw UsageError("unknown flag: " + name);
}

bool isForAll(const std::string& word) {
  return word == "--help" || word == "-h" || word == "--version" || word == "-v";
}

}  // namespace

Endpoint takeEndpoint(std::vector<std::string>& words) {
  Endpoint endpoint;
  auto options = optionsOf(endpoint);
  for (auto& option : options) {
    auto* given = ::getenv(option.variable);
    if (given != nullptr && *given != '\0') *option.value = given;
  }
  size_t taken = 0;
  while (taken < words.size() && words[taken].size() > 1 && words[taken][0] == '-') {
    auto& word = words[taken];
    if (isForAll(word)) break;
    auto equals = word.find('=');
    auto name = word.substr(0, equals);
    auto& value = valueOf(options, name);
    bool apart = equals == std::string::npos;
    if (apart && taken + 1 == words.size()) throw UsageError("flag needs a value: " + name);
    value = apart ? words[taken + 1] : word.substr(equals + 1);
    taken += apart ? 2 : 1;
  }
  words.erase(words.begin(), words.begin() + taken);
  return endpoint;
}

}  // namespace stave::cli
