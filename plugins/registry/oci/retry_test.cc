#include "retry.h"

#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave::oci {
namespace {

using std::chrono::milliseconds;

const RetryPolicy policy{3, milliseconds(8), milliseconds(40)};

HttpResponse reply(int status) {
  HttpResponse response;
  response.status = status;
  return response;
}

TEST(Retry, PausesGrowUpToABound) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_GE(pauseBefore(1, policy, nullptr), milliseconds(4));
    EXPECT_LE(pauseBefore(1, policy, nullptr), milliseconds(8));
    EXPECT_GE(pauseBefore(3, policy, nullptr), milliseconds(16));
    EXPECT_LE(pauseBefore(60, policy, nullptr), milliseconds(40));
  }
}

TEST(Retry, TheRegistryMayAskForAPause) {
  HttpHead head;
  head.headers.emplace("retry-after", "7");
  EXPECT_EQ(retryAfter(head), std::chrono::seconds(7));
  EXPECT_EQ(pauseBefore(1, policy, &head), milliseconds(40)) << "but not for longer than the bound";
  head.headers.clear();
  EXPECT_FALSE(retryAfter(head));
  head.headers.emplace("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(retryAfter(head), std::chrono::seconds(0));
}

TEST(Retry, RepeatsWhatIsTemporary) {
  int calls = 0;
  auto result = withRetries(policy, Cancellation(), [&] {
    if (++calls == 1) throw TransportFailure{"broken"};
    return reply(calls == 2 ? 503 : 200);
  });
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(calls, 3);
}

TEST(Retry, GivesUp) {
  int calls = 0;
  auto failing = [&]() -> HttpResponse {
    ++calls;
    throw TransportFailure{"no route"};
  };
  EXPECT_THROW(withRetries(policy, Cancellation(), failing), kj::Exception);
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(withRetries(policy, Cancellation(), [] { return reply(429); }).status, 429);
}

TEST(Retry, DoesNotRepeatAVerdict) {
  int calls = 0;
  auto result = withRetries(policy, Cancellation(), [&] {
    ++calls;
    return reply(404);
  });
  EXPECT_EQ(result.status, 404);
  EXPECT_EQ(calls, 1);
}

TEST(Retry, EndsWhenCancelled) {
  Cancellation cancellation;
  cancellation.cancel();
  auto failing = []() -> HttpResponse { throw TransportFailure{"x"}; };
  try {
    withRetries({3, std::chrono::hours(1), std::chrono::hours(1)}, cancellation, failing);
    FAIL() << "not cancelled";
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::CANCELLED);
  }
}

}  // namespace
}  // namespace stave::oci
