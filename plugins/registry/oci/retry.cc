#include "retry.h"

#include <curl/curl.h>
#include <stave/error.h>

#include <algorithm>
#include <charconv>
#include <random>

#include "registry_error.h"

namespace stave::oci {

std::optional<std::chrono::seconds> retryAfter(const HttpHead& reply) {
  std::string text = reply.header("retry-after");
  if (text.empty()) return std::nullopt;
  unsigned seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc() && end == text.data() + text.size())
    return std::chrono::seconds(seconds);
  time_t date = curl_getdate(text.c_str(), nullptr);
  if (date < 0) return std::nullopt;
  return std::chrono::seconds(std::max<time_t>(0, date - time(nullptr)));
}

std::chrono::milliseconds pauseBefore(unsigned attempt, const RetryPolicy& policy,
                                      const HttpHead* reply) {
  if (reply != nullptr) {
    if (auto asked = retryAfter(*reply)) {
      return std::min<std::chrono::milliseconds>(*asked, policy.longest);
    }
  }
  auto full = std::min(policy.backoff * (1u << std::min(attempt - 1, 16u)), policy.longest);
  std::random_device random;
  return full / 2 + full * (random() % 1024) / 2048;
}

HttpResponse withRetries(const RetryPolicy& policy, const Cancellation& cancellation,
                         const std::function<HttpResponse()>& attempt) {
  for (unsigned number = 1;; ++number) {
    bool last = number >= policy.attempts;
    std::optional<HttpResponse> reply;
    try {
      reply = attempt();
      if (!isTemporary(reply->status) || last) return std::move(*reply);
    } catch (const TransportFailure& failure) {
      if (!failure.transient || last) fail(ErrorCode::UNAVAILABLE, failure.text);
    }
    cancellation.sleep(pauseBefore(number, policy, reply ? &*reply : nullptr));
  }
}

}  // namespace stave::oci
