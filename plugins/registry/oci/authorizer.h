#pragma once

#include <atomic>
#include <map>
#include <mutex>

#include "challenge.h"
#include "credentials.h"
#include "http_client.h"

namespace stave::oci {

/// How one registry wants to be shown who we are, and the tokens that it gave. Shared by the worker
/// threads.
class Authorizer {
 public:
  Authorizer(HttpClient& client, std::string baseUrl, TlsOptions tls, Credentials credentials);

  /// The Authorization header for a request that needs `scope`; empty if none is known to be
  /// needed.
  std::string headerFor(const std::string& scope);

  /// Takes the challenges of a 401 reply to a request that carried `sent`. false: there is nothing
  /// more that could be tried. Fails [unauthorized] with the token server's words when it refuses.
  bool answer(const HttpResponse& reply, const std::string& scope, const std::string& sent,
              const Cancellation& cancellation);

  /// A refresh token that came while logging in; empty if the registry gives none.
  std::string identityToken();

  /// Ask token servers for a refresh token too.
  void wantIdentityToken() { wantIdentity_ = true; }

 private:
  struct Token {
    std::string value;
    Clock::time_point expires;
  };
  bool takeBasic(const std::string& sent);
  void takeBearer(const Challenge& challenge, const std::string& scope,
                  const Cancellation& cancellation);
  HttpRequest tokenRequest(const Challenge& challenge, const std::string& scope) const;
  void remember(const std::string& body, const std::string& scope);
  void requireSafeRealm(const std::string& realm) const;

  HttpClient& client_;
  std::string baseUrl_;
  TlsOptions tls_;
  Credentials credentials_;
  std::atomic<bool> wantIdentity_ = false;

  std::mutex mutex_;
  bool basic_ = false;
  std::map<std::string, Token> tokens_;  ///< by scope
  std::string identityToken_;
};

}  // namespace stave::oci
