#pragma once

#include <functional>

#include "http_client.h"

namespace stave::oci {

struct RetryPolicy {
  unsigned attempts = 5;
  std::chrono::milliseconds backoff{500};
  std::chrono::milliseconds longest{30'000};
};

/// How long to wait before attempt `attempt` (the first repetition is 1): doubled with each, with
/// jitter of a half, unless the reply says it.
std::chrono::milliseconds pauseBefore(unsigned attempt, const RetryPolicy& policy,
                                      const HttpHead* reply);

/// The Retry-After header: seconds, or a date. Nothing if there is none.
std::optional<std::chrono::seconds> retryAfter(const HttpHead& reply);

/// Repeats `attempt` while it ends in a transient TransportFailure or a temporary status. Returns
/// the last reply, whatever it says. When there never was one, fails [unavailable].
HttpResponse withRetries(const RetryPolicy& policy, const Cancellation& cancellation,
                         const std::function<HttpResponse()>& attempt);

}  // namespace stave::oci
