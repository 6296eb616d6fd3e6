#pragma once

#include <functional>
#include <list>

#include "authorizer.h"
#include "host_table.h"
#include "retry.h"

namespace stave::oci {

/// What all operations of this plug-in share on the worker threads' side.
class Services {
 public:
  explicit Services(schema::OciRegistrySettings::Reader settings);

  HttpClient& client() { return client_; }
  const HostTable& hosts() const { return hosts_; }
  const RetryPolicy& policy() const { return policy_; }
  uint64_t chunkBytes() const { return chunkBytes_; }

  /// With the deadline of the settings.
  SharedCancellation newCancellation() const;

  /// The one for this endpoint and these credentials, so that tokens are used again.
  std::shared_ptr<Authorizer> authorizer(const Endpoint& endpoint, const Credentials& credentials);

 private:
  struct Known {
    std::string url;
    Credentials credentials;
    std::shared_ptr<Authorizer> authorizer;
  };

  HttpClient client_;
  HostTable hosts_;
  RetryPolicy policy_;
  std::chrono::milliseconds deadline_;
  uint64_t chunkBytes_;
  std::mutex mutex_;
  std::list<Known> known_;  ///< the one used last in front
};

}  // namespace stave::oci
