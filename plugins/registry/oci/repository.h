#pragma once

#include <kj/exception.h>
#include <stave/image/reference.h>
#include <stave/image/resolve.h>

#include "services.h"

namespace stave::oci {

/// Who asks, and for how long.
struct Caller {
  Credentials credentials;
  SharedCancellation cancellation;
};

/// One repository at one endpoint, as an operation sees it. Blocks: for worker threads.
class Repository {
 public:
  /// `path` may be empty: the registry itself. `actions`: "pull" or "pull,push".
  Repository(std::shared_ptr<Services> services, Endpoint endpoint, std::string path,
             std::string actions, Caller caller);

  /// Also asks for the right to pull from that repository: for a mount from there.
  void alsoPullFrom(const std::string& path);

  /// "https://host/v2/PATH/" + rest.
  std::string urlOf(const std::string& rest) const;

  /// One exchange, with authentication and redirects. Throws TransportFailure.
  HttpResponse once(HttpRequest request);

  /// The same with repetitions. Fails [unavailable].
  HttpResponse send(const HttpRequest& request);

  /// A manifest or index by tag or digest. Verified if `identifier` is a digest.
  image::Document fetchManifest(const std::string& identifier);

  /// A small blob, not verified.
  std::string fetchBlob(const image::Descriptor& descriptor);

  const Cancellation& cancellation() const { return *caller_.cancellation; }
  Authorizer& authorizer() { return *authorizer_; }
  Services& services() { return *services_; }
  const Endpoint& endpoint() const { return endpoint_; }
  std::string name() const;  ///< for errors: "localhost:5000/a/b"

 private:
  HttpResponse follow(HttpRequest request);
  HttpResponse exchange(HttpRequest request);
  std::string redirectTarget(const HttpRequest& request, const HttpResponse& reply) const;

  std::shared_ptr<Services> services_;
  Endpoint endpoint_;
  std::string path_;
  std::string scope_;
  Caller caller_;
  std::shared_ptr<Authorizer> authorizer_;
  std::string sent_;  ///< the Authorization header of the last exchange
};

/// Tries the mirrors and then the registry itself; what the last one says counts.
template <typename Action>
auto onFirstEndpoint(const std::shared_ptr<Services>& services, const image::Reference& reference,
                     const Caller& caller, Action&& action) {
  auto endpoints = services->hosts().endpointsOf(reference.domain);
  for (size_t i = 0; i + 1 < endpoints.size(); ++i) {
    try {
      Repository repository(services, endpoints[i], reference.path, "pull",
                            {{}, caller.cancellation});
      return action(repository);
    } catch (const kj::Exception&) {
      caller.cancellation->check();  // a mirror that fails is passed over
    }
  }
  Repository repository(services, endpoints.back(), reference.path, "pull", caller);
  return action(repository);
}

}  // namespace stave::oci
