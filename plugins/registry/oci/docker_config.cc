#include "docker_config.h"

#include <stave/error.h>
#include <stave/os/file.h>

#include <nlohmann/json.hpp>

#include "credential_helper.h"

namespace stave::oci {

using Json = nlohmann::json;

namespace {

constexpr const char* dockerDomain = "docker.io";
constexpr const char* dockerServer = "https://index.docker.io/v1/";

const Json* objectMember(const Json& json, const std::string& name) {
  auto found = json.find(name);
  return found != json.end() && found->is_object() ? &*found : nullptr;
}

std::string textMember(const Json& json, const std::string& name) {
  auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

/// "https://host/v1/" and "host" name the same registry.
std::string bareHost(std::string key) {
  size_t scheme = key.find("://");
  if (scheme != std::string::npos) key = key.substr(scheme + 3);
  key = key.substr(0, key.find('/'));
  return key == "index.docker.io" || key == "registry-1.docker.io" ? dockerDomain : key;
}

Credentials readEntry(const Json& entry, const std::string& place) {
  Credentials result{textMember(entry, "username"), textMember(entry, "password"),
                     textMember(entry, "identitytoken")};
  std::string encoded = textMember(entry, "auth");
  if (encoded.empty()) return result;
  std::string decoded = decodeBase64(encoded);
  size_t colon = decoded.find(':');
  if (colon == std::string::npos) {
    fail(ErrorCode::INVALID, place + ".auth: is not \"username:password\" in base64");
  }
  result.username = decoded.substr(0, colon);
  result.password = decoded.substr(colon + 1);
  return result;
}

}  // namespace

ConfiguredLogin findLogin(const std::string& text, const std::string& domain,
                          const std::string& file) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) fail(ErrorCode::INVALID, file + ": is not a JSON object");
  ConfiguredLogin login;
  login.server = domain == dockerDomain ? dockerServer : domain;
  if (auto helpers = objectMember(json, "credHelpers")) login.helper = textMember(*helpers, domain);
  if (login.helper.empty()) login.helper = textMember(json, "credsStore");
  if (auto entries = objectMember(json, "auths")) {
    for (auto& [key, entry] : entries->items()) {
      if (bareHost(key) != domain || !entry.is_object()) continue;
      login.credentials = readEntry(entry, file + ": auths." + key);
      if (!login.credentials.empty()) break;
    }
  }
  return login;
}

std::optional<Credentials> parseHelperReply(const std::string& reply) {
  Json json = Json::parse(reply, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  std::string username = textMember(json, "Username"), secret = textMember(json, "Secret");
  if (secret.empty()) return std::nullopt;
  if (username == "<token>") return Credentials{"", "", secret};
  return Credentials{username, secret, ""};
}

Task<Credentials> lookUpCredentials(kj::UnixEventPort& port, kj::LowLevelAsyncIoProvider& provider,
                                    kj::Timer& timer, std::string file, std::string domain) {
  if (file.empty() || !os::exists(file)) co_return Credentials{};
  ConfiguredLogin login = findLogin(os::readFile(file), domain, file);
  if (login.helper.empty()) co_return login.credentials;
  auto reply = co_await runCredentialHelper(port, provider, timer, login.helper, login.server);
  auto found = parseHelperReply(reply);
  co_return found ? *found : login.credentials;
}

}  // namespace stave::oci
