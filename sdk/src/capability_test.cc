#include "stave/capability.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "stave/error.h"
#include "stave/loop.h"
#include "stave/os/pipe.h"
#include "stave/plugin.h"

namespace stave {
namespace {

bool isOpen(int fd) {
  return fcntl(fd, F_GETFD) >= 0;
}

struct CapabilityTest : ::testing::Test {
  ~CapabilityTest() noexcept override {}
  Loop loop;
};

TEST_F(CapabilityTest, ADescriptorIsClosedWithTheLastReference) {
  auto pipe = os::makePipe();
  int number = pipe.write.get();
  kj::Maybe<schema::Fd::Client> capability = makeFd(kj::mv(pipe.write));
  EXPECT_TRUE(isOpen(number));
  capability = nullptr;
  EXPECT_FALSE(isOpen(number));
}

TEST_F(CapabilityTest, WhoTakesADescriptorHasOneOfItsOwn) {
  auto pipe = os::makePipe();
  kj::Maybe<schema::Fd::Client> capability = makeFd(kj::mv(pipe.write));
  auto taken = loop.wait(takeFd(KJ_ASSERT_NONNULL(capability), "a pipe").promise());
  capability = nullptr;
  os::writeAll(taken, "abc", 3);
  taken = nullptr;
  EXPECT_EQ(os::readAll(pipe.read), "abc");
}

TEST_F(CapabilityTest, TakingFromWhatCarriesNoneFailsWithItsName) {
  class Empty final : public schema::Fd::Server {};
  schema::Fd::Client empty = kj::heap<Empty>();
  auto attempt = [&]() { loop.wait(takeFd(empty, "the log").promise()); };
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(attempt)) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::UNAVAILABLE);
    EXPECT_NE(textOf(*exception).find("the log"), std::string::npos);
  } else {
    FAIL() << "a descriptor came from nowhere";
  }
}

TEST_F(CapabilityTest, WhatIsKeptOutlivesTheDescriptor) {
  auto pipe = os::makePipe();
  int number = pipe.write.get();
  bool openAtItsEnd = true;
  auto note = [&](int*) { openAtItsEnd = isOpen(number); };
  auto kept = std::shared_ptr<int>(&number, note);
  std::weak_ptr<int> user = kept;
  kj::Maybe<schema::Fd::Client> capability = makeFd(kj::mv(pipe.write), std::move(kept));
  auto copy = capability;
  capability = nullptr;
  EXPECT_FALSE(user.expired());
  copy = nullptr;
  EXPECT_TRUE(user.expired());
  EXPECT_FALSE(openAtItsEnd);
}

TEST_F(CapabilityTest, AHandleTellsItsDropOnce) {
  int drops = 0;
  kj::Maybe<schema::Handle::Client> handle = makeHandle([&]() { ++drops; });
  EXPECT_EQ(drops, 0);
  handle = nullptr;
  EXPECT_EQ(drops, 1);
}

// What the `start` of a plug-in may return.

class Service final : public schema::Handle::Server {};

TEST_F(CapabilityTest, AServiceIsAServerAClientOrAPromise) {
  using schema::Handle;
  auto fromServer = detail::serviceOf<Handle>(kj::heap<Service>());
  auto fromClient = detail::serviceOf<Handle>(Handle::Client(kj::heap<Service>()));
  auto fromPromise =
      detail::serviceOf<Handle>(kj::Promise<Handle::Client>(Handle::Client(kj::heap<Service>())));
  loop.wait(kj::mv(fromServer));
  loop.wait(kj::mv(fromClient));
  loop.wait(kj::mv(fromPromise));
}

TEST_F(CapabilityTest, AServiceThatFailsToStartFailsThePromise) {
  auto failing = []() -> Task<schema::Handle::Client> {
    fail(ErrorCode::NOT_FOUND, "no disk");
    co_return schema::Handle::Client(kj::heap<Service>());
  };
  auto promise = detail::serviceOf<schema::Handle>(failing());
  EXPECT_ANY_THROW(loop.wait(kj::mv(promise)));
}

}  // namespace
}  // namespace stave
