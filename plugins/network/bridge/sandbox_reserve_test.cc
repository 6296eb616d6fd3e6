#include "sandbox_reserve.h"

#include <gtest/gtest.h>
#include <stave/loop.h>
#include <stave/net/links.h>

#include <set>
#include <vector>

namespace stave::bridge {
namespace {

struct SandboxReserveTest : ::testing::Test {
  ~SandboxReserveTest() noexcept override {}

  uint64_t takeOne() {
    kj::Promise<kj::AutoCloseFd> taking = reserve.take();
    taken.push_back(loop.wait(kj::mv(taking)));
    return net::RouteSocket::in(taken.back().get()).namespaceCookie();
  }

  void waitUntilFilled() {
    for (int round = 0; round < 1000 && !reserve.filled(); ++round) {
      loop.wait(loop.timer().afterDelay(5 * kj::MILLISECONDS));
    }
    ASSERT_TRUE(reserve.filled());
  }

  Loop loop;
  WorkerPool workers{2};
  std::vector<kj::AutoCloseFd> taken;
  SandboxReserve reserve{workers, loop.timer()};
};

TEST_F(SandboxReserveTest, GivesADifferentOneEachTime) {
  std::set<uint64_t> cookies{takeOne(), takeOne()};
  waitUntilFilled();
  cookies.insert(takeOne());
  EXPECT_FALSE(reserve.filled());
  cookies.insert(takeOne());
  EXPECT_EQ(cookies.size(), 4u);
}

TEST_F(SandboxReserveTest, FillsItselfAgain) {
  waitUntilFilled();
  takeOne();
  waitUntilFilled();
}

}  // namespace
}  // namespace stave::bridge
