#include "attachments.h"

#include <stave/capability.h>
#include <unistd.h>

#include "engine_fixture.h"

namespace stave::node {
namespace {

struct Attaching : EngineTest {
  ~Attaching() noexcept override {}

  Drivers all = drivers();
  Attachments attachments;

  schema::Container::Client newContainer() {
    auto request = all.runtime.createRequest();
    request.initSpec().setId("c1");
    return request.send().getContainer();
  }
  /// Brings the first frame of the streams, or fails.
  kj::Promise<std::string> firstBytes(schema::Process::Client& process) {
    return process.streamsRequest().send().then([](auto response) {
      kj::Promise<kj::AutoCloseFd> taking = takeFd(response.getSocket(), "streams");
      return taking.then([](kj::AutoCloseFd socket) {
        char bytes[10];
        auto count = ::read(socket.get(), bytes, sizeof(bytes));
        return std::string(bytes, count > 0 ? count : 0);
      });
    });
  }
};

TEST_F(Attaching, StreamsComeWhenTheContainerOpens) {
  auto process = attachments.waitForStart();
  EXPECT_FALSE(attachments.empty());
  auto bytes = firstBytes(process).eagerlyEvaluate(nullptr);
  EXPECT_FALSE(bytes.poll(loop.io().waitScope)) << "there is no container yet";
  testing::wait(loop, attachments.open(newContainer(), kj::READY_NOW));
  EXPECT_EQ(testing::wait(loop, kj::mv(bytes)).substr(8), "hi");
  EXPECT_TRUE(attachments.empty());
}

TEST_F(Attaching, StreamsAreTakenOnce) {
  auto process = attachments.waitForStart();
  testing::wait(loop, attachments.open(newContainer(), kj::READY_NOW));
  testing::wait(loop, firstBytes(process));
  EXPECT_EQ(testing::codeOfFailure(loop, firstBytes(process)), ErrorCode::CONFLICT);
}

TEST_F(Attaching, EachHasStreamsOfItsOwn) {
  auto one = attachments.waitForStart(), two = attachments.waitForStart();
  testing::wait(loop, attachments.open(newContainer(), kj::READY_NOW));
  EXPECT_EQ(testing::wait(loop, firstBytes(one)).substr(8), "hi");
  EXPECT_EQ(testing::wait(loop, firstBytes(two)).substr(8), "hi");
}

TEST_F(Attaching, ARefusalReachesWhoeverWaits) {
  auto process = attachments.waitForStart();
  attachments.reject(makeError(ErrorCode::NOT_FOUND, "no such command"));
  EXPECT_EQ(testing::codeOfFailure(loop, firstBytes(process)), ErrorCode::NOT_FOUND);
  EXPECT_TRUE(attachments.empty());
}

TEST_F(Attaching, AContainerThatCannotBeAttachedToFailsThem) {
  script->fail("create", 1, makeError(ErrorCode::EXHAUSTED, "no room"));
  auto process = attachments.waitForStart();
  testing::wait(loop, attachments.open(newContainer(), kj::READY_NOW));
  EXPECT_EQ(testing::codeOfFailure(loop, firstBytes(process)), ErrorCode::EXHAUSTED);
}

TEST_F(Attaching, WhoeverWaitsWaitsOnForAContainerThatDidNotComeToBe) {
  script->fail("create", 1, makeError(ErrorCode::ALREADY_EXISTS, "c1"));
  auto process = attachments.waitForStart();
  testing::wait(loop, attachments.open(newContainer(), makeError(ErrorCode::ALREADY_EXISTS, "c1")));
  EXPECT_FALSE(attachments.empty());
  testing::wait(loop, attachments.open(newContainer(), kj::READY_NOW));
  EXPECT_EQ(testing::wait(loop, firstBytes(process)).substr(8), "hi");
}

TEST_F(Attaching, TellsWhenSomebodyHasAttached) {
  auto attached = attachments.whenAttached();
  EXPECT_FALSE(attached.poll(loop.io().waitScope));
  auto process = attachments.waitForStart();
  testing::wait(loop, kj::mv(attached));
  testing::wait(loop, attachments.whenAttached());
}

TEST_F(Attaching, OneWhoLeftBeforeTheStartHoldsNothingUp) {
  { auto process = attachments.waitForStart(); }
  testing::wait(loop, attachments.open(newContainer(), kj::READY_NOW));
  EXPECT_TRUE(attachments.empty());
}

TEST_F(Attaching, ARunningContainerIsAttachedToAtOnce) {
  auto process = testing::wait(loop, attachNow(newContainer()));
  EXPECT_EQ(testing::wait(loop, firstBytes(process)).substr(8), "hi");
  EXPECT_EQ(testing::codeOfFailure(loop, firstBytes(process)), ErrorCode::CONFLICT);
}

}  // namespace
}  // namespace stave::node
