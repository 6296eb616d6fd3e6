#pragma once

#include <stave/schema/registry.capnp.h>

#include "puller.h"

namespace stave::oci {

/// The registry contract on the distribution API.
class RegistryServer final : public schema::Registry::Server {
 public:
  RegistryServer(Context& context, schema::OciRegistrySettings::Reader settings);

  kj::Promise<void> resolve(ResolveContext context) override;
  kj::Promise<void> pull(PullContext context) override;
  kj::Promise<void> push(PushContext context) override;
  kj::Promise<void> tags(TagsContext context) override;
  kj::Promise<void> search(SearchContext context) override;
  kj::Promise<void> check(CheckContext context) override;
  kj::Promise<void> normalize(NormalizeContext context) override;
  kj::Promise<void> images(ImagesContext context) override;

 private:
  /// The credentials of the call, or what is configured for the registry.
  Task<Caller> callerFor(Credentials given, std::string domain);

  std::string credentialsFile_;
  WorkerPool control_;
  WorkerPool transfers_;
  Workplace workplace_;
};

}  // namespace stave::oci
