#include "kernel/object/turns.h"

#include <gtest/gtest.h>
#include <kj/async-io.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

struct TurnsTest : ::testing::Test {
  ~TurnsTest() noexcept override {}

  using Ticket = std::unique_ptr<Turns::Ticket>;
  Ticket take(const std::vector<std::string>& names) {
    std::vector<ObjectKey> keys;
    for (auto& name : names) keys.push_back(podKey(name));
    return std::make_unique<Turns::Ticket>(turns, std::move(keys));
  }

  /// Notes the name of a ticket when its turn has come.
  void note(Ticket& ticket, const std::string& name) {
    tasks.push_back(
        ticket->ready().then([this, name]() { order += name; }).eagerlyEvaluate(nullptr));
  }
  std::string now() {
    io.waitScope.poll();
    return order;
  }

  kj::AsyncIoContext io = kj::setupAsyncIo();
  Turns turns;
  std::vector<kj::Promise<void>> tasks;
  std::string order;
};

TEST_F(TurnsTest, TheSameObjectIsForOneAfterTheOther) {
  auto a = take({"x"}), b = take({"x"}), c = take({"x"});
  note(c, "c");
  note(b, "b");
  note(a, "a");
  EXPECT_EQ(now(), "a");
  a = nullptr;
  EXPECT_EQ(now(), "ab");
  b = nullptr;
  EXPECT_EQ(now(), "abc");
}

TEST_F(TurnsTest, DifferentObjectsGoSideBySide) {
  auto a = take({"x"}), b = take({"y"});
  note(a, "a");
  note(b, "b");
  EXPECT_EQ(now(), "ab");
}

TEST_F(TurnsTest, WaitsForAllOfItsObjects) {
  auto a = take({"x"}), b = take({"y"}), both = take({"x", "y"});
  note(both, "c");
  EXPECT_EQ(now(), "");
  a = nullptr;
  EXPECT_EQ(now(), "");
  b = nullptr;
  EXPECT_EQ(now(), "c");
}

TEST_F(TurnsTest, WhoGivesUpLetsTheNextOn) {
  auto a = take({"x"}), b = take({"x"}), c = take({"x"});
  note(c, "c");
  b = nullptr;
  EXPECT_EQ(now(), "c") << "c waits for b alone, and b for a";
}

TEST_F(TurnsTest, WhoComesWhenAllAreGoneWaitsForNobody) {
  take({"x"});
  auto b = take({"x"});
  note(b, "b");
  EXPECT_EQ(now(), "b");
}

}  // namespace
}  // namespace stave::testing
