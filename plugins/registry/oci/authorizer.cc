#include "authorizer.h"

#include <stave/error.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "registry_error.h"
#include "url.h"

namespace stave::oci {

using Json = nlohmann::json;

namespace {

constexpr auto defaultLifetime = std::chrono::seconds(60);  // when the token server does not say
constexpr auto margin = std::chrono::seconds(5);            // a token may expire on its way
constexpr const char* clientName = "stave";
constexpr size_t maxTokens = 256;

std::string textMember(const Json& json, const char* name) {
  auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::chrono::seconds lifetimeIn(const Json& json) {
  auto found = json.find("expires_in");
  if (found == json.end() || !found->is_number_integer()) return defaultLifetime;
  auto seconds = std::clamp<int64_t>(found->get<int64_t>(), 0, 24 * 3600);
  return std::max<std::chrono::seconds>(std::chrono::seconds(seconds), defaultLifetime);
}

}  // namespace

Authorizer::Authorizer(HttpClient& client, std::string baseUrl, TlsOptions tls,
                       Credentials credentials)
    : client_(client),
      baseUrl_(std::move(baseUrl)),
      tls_(std::move(tls)),
      credentials_(std::move(credentials)) {}

std::string Authorizer::headerFor(const std::string& scope) {
  std::lock_guard lock(mutex_);
  if (basic_) return basicAuthorization(credentials_);
  auto found = tokens_.find(scope);
  if (found == tokens_.end()) return "";
  if (found->second.expires - margin <= Clock::now()) {
    tokens_.erase(found);
    return "";
  }
  return "Bearer " + found->second.value;
}

std::string Authorizer::identityToken() {
  std::lock_guard lock(mutex_);
  return identityToken_;
}

bool Authorizer::answer(const HttpResponse& reply, const std::string& scope,
                        const std::string& sent, const Cancellation& cancellation) {
  std::string known = headerFor(scope);
  if (!known.empty() && known != sent) return true;  // another thread has answered meanwhile
  std::vector<Challenge> challenges;
  for (const std::string& header : reply.all("www-authenticate")) {
    for (Challenge& challenge : parseChallenges(header)) challenges.push_back(std::move(challenge));
  }
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme != "bearer") continue;
    takeBearer(challenge, scope, cancellation);
    return true;
  }
  for (const Challenge& challenge : challenges) {
    if (challenge.scheme == "basic") return takeBasic(sent);
  }
  return false;
}

bool Authorizer::takeBasic(const std::string& sent) {
  if (credentials_.password.empty() || credentials_.username.empty()) return false;
  std::lock_guard lock(mutex_);
  basic_ = true;
  return sent != basicAuthorization(credentials_);
}

void Authorizer::requireSafeRealm(const std::string& realm) const {
  if (schemeOf(baseUrl_) == "https" && schemeOf(realm) != "https") {
    fail(ErrorCode::INVALID, "registry " + hostOf(baseUrl_) + " wants credentials sent to " +
                                 realm + ", which is not encrypted; refused");
  }
}

HttpRequest Authorizer::tokenRequest(const Challenge& challenge, const std::string& scope) const {
  std::string realm = resolveUrl(baseUrl_, challenge.parameter("realm"));
  requireSafeRealm(realm);
  HttpRequest request;
  if (originOf(realm) == originOf(baseUrl_)) request.tls = tls_;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string service = challenge.parameter("service");
  if (!service.empty()) parameters.emplace_back("service", service);
  std::string wanted = scope.empty() ? challenge.parameter("scope") : scope;
  if (!wanted.empty()) parameters.emplace_back("scope", wanted);
  if (!credentials_.identityToken.empty()) {
    parameters.emplace_back("grant_type", "refresh_token");
    parameters.emplace_back("client_id", clientName);
    parameters.emplace_back("refresh_token", credentials_.identityToken);
    request.method = "POST";
    request.url = realm;
    request.body = formEncode(parameters);
    request.headers.emplace("Content-Type", "application/x-www-form-urlencoded");
    return request;
  }
  if (!credentials_.username.empty()) {
    parameters.emplace_back("account", credentials_.username);
    request.headers.emplace("Authorization", basicAuthorization(credentials_));
  }
  if (wantIdentity_) {
    parameters.emplace_back("offline_token", "true");
    parameters.emplace_back("client_id", clientName);
  }
  request.url = withQuery(realm, parameters);
  return request;
}

void Authorizer::takeBearer(const Challenge& challenge, const std::string& scope,
                            const Cancellation& cancellation) {
  if (challenge.parameter("realm").empty()) {
    fail(ErrorCode::INVALID,
         "registry " + hostOf(baseUrl_) + " wants a token, but names no realm to get it");
  }
  {
    std::lock_guard lock(mutex_);
    tokens_.erase(scope);
  }
  HttpRequest request = tokenRequest(challenge, scope);
  HttpResponse reply = client_.perform(request, cancellation);
  if (isTemporary(reply.status))
    throw TransportFailure{"token from " + hostOf(request.url) + ": status " +
                           std::to_string(reply.status)};
  if (reply.status == 400 || reply.status == 401) reply.status = 401;
  if (reply.status != 200) failResponse("getting a token from " + hostOf(request.url), reply);
  remember(reply.body, scope);
}

void Authorizer::remember(const std::string& body, const std::string& scope) {
  Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) json = Json::object();
  std::string value = textMember(json, "token");
  if (value.empty()) value = textMember(json, "access_token");
  if (value.empty() || value.find_first_of("\r\n") != std::string::npos) {
    fail(ErrorCode::INVALID,
         "the token server of " + hostOf(baseUrl_) + " answered without a token");
  }
  std::lock_guard lock(mutex_);
  if (tokens_.size() >= maxTokens) tokens_.clear();
  tokens_[scope] = Token{value, Clock::now() + lifetimeIn(json)};
  std::string refresh = textMember(json, "refresh_token");
  if (!refresh.empty()) identityToken_ = refresh;
}

}  // namespace stave::oci
