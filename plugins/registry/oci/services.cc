#include "services.h"

#include <algorithm>

namespace stave::oci {

namespace {

Timeouts timeoutsIn(schema::OciRegistrySettings::Reader settings) {
  return {std::chrono::milliseconds(settings.getConnectTimeout()),
          std::chrono::milliseconds(settings.getStallTimeout())};
}

}  // namespace

Services::Services(schema::OciRegistrySettings::Reader settings)
    : client_(timeoutsIn(settings)),
      hosts_(settings.getHosts()),
      policy_{settings.getAttempts(), std::chrono::milliseconds(settings.getBackoff())},
      deadline_(settings.getDeadline()),
      chunkBytes_(settings.getChunkBytes()) {}

SharedCancellation Services::newCancellation() const {
  bool limited = deadline_.count() > 0;
  return std::make_shared<Cancellation>(limited ? Clock::now() + deadline_
                                                : Clock::time_point::max());
}

std::shared_ptr<Authorizer> Services::authorizer(const Endpoint& endpoint,
                                                 const Credentials& credentials) {
  constexpr size_t maxKnown = 64;
  std::lock_guard lock(mutex_);
  auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& known) {
    return known.url == endpoint.url && known.credentials == credentials;
  });
  if (found != known_.end()) {
    known_.splice(known_.begin(), known_, found);
  } else {
    auto made = std::make_shared<Authorizer>(client_, endpoint.url, endpoint.tls, credentials);
    known_.push_front({endpoint.url, credentials, std::move(made)});
    if (known_.size() > maxKnown) known_.pop_back();
  }
  return known_.front().authorizer;
}

}  // namespace stave::oci
