#include "stave/connection.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/debug.h>
#include <kj/function.h>
#include <stave/schema/content.capnp.h>
#include <unistd.h>

#include "stave/capability.h"
#include "stave/error.h"
#include "stave/loop.h"
#include "stave/os/file.h"
#include "stave/os/unix_socket.h"

namespace stave {
namespace {

/// Answers what the tests need of some interface: sizes, descriptors, errors.
class TestContent final : public schema::Content::Server {
 public:
  kj::Promise<void> stat(StatContext context) override {
    context.getResults().setSize(context.getParams().getDigest().size());
    return kj::READY_NOW;
  }
  kj::Promise<void> open(OpenContext context) override {
    int ends[2];
    KJ_SYSCALL(pipe2(ends, O_CLOEXEC));
    kj::AutoCloseFd write(ends[1]);
    os::writeAll(write, "through the socket", 18);
    context.getResults().setBlob(makeFd(kj::AutoCloseFd(ends[0])));
    return kj::READY_NOW;
  }
  kj::Promise<void> release(ReleaseContext) override {
    fail(ErrorCode::NOT_FOUND, "there is nothing to release");
  }
  kj::Promise<void> list(ListContext context) override {
    auto blobs = context.getResults().initBlobs(1);
    blobs[0].setDigest(std::string(3 << 20, 'x'));
    return kj::READY_NOW;
  }
};

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() {
    auto [left, right] = os::socketPair();
    server = kj::heap<Connection>(loop.port(), kj::mv(left), false, kj::heap<TestContent>());
    client = kj::heap<Connection>(loop.port(), kj::mv(right), true, nullptr);
  }

  ~ConnectionTest() noexcept override {}

  schema::Content::Client content() { return client->peer().castAs<schema::Content>(); }

  Loop loop;
  kj::Own<Connection> server, client;
};

TEST_F(ConnectionTest, ManyCallsAtOnce) {
  auto target = content();
  auto calls = kj::heapArrayBuilder<kj::Promise<void>>(1000);
  for (int i = 0; i < 1000; i++) {
    auto request = target.statRequest();
    request.setDigest(std::string(i, 'd'));
    calls.add(request.send().then([i](auto&& response) { EXPECT_EQ(response.getSize(), i); }));
  }
  loop.wait(kj::joinPromises(calls.finish()));
}

TEST_F(ConnectionTest, MessagesLargerThanAnyBuffer) {
  auto target = content();
  auto size = loop.wait(target.listRequest().send().then(
      [](auto&& response) { return response.getBlobs()[0].getDigest().size(); }));
  EXPECT_EQ(size, 3 << 20);
  auto request = target.statRequest();
  request.setDigest(std::string(2 << 20, 'y'));
  EXPECT_EQ(loop.wait(request.send().then([](auto&& response) { return response.getSize(); })),
            2u << 20);
}

TEST_F(ConnectionTest, DescriptorsStayWithTheirMessages) {
  auto target = content();
  for (int round = 0; round < 200; round++) {
    auto plain = target.statRequest().send();
    auto blob = loop.wait(
        target.openRequest().send().then([](auto&& response) { return response.getBlob(); }));
    auto fd = loop.wait(takeFd(blob, "the blob").promise());
    EXPECT_EQ(os::readAll(fd), "through the socket");
    loop.wait(plain.ignoreResult());
  }
  EXPECT_LT(os::listDirectory("/proc/self/fd").size(), 60u);
}

TEST_F(ConnectionTest, ErrorsKeepTheirCode) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 loop.wait(content().releaseRequest().send().ignoreResult());
               })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::NOT_FOUND);
    EXPECT_EQ(textOf(*exception), "there is nothing to release");
  } else {
    ADD_FAILURE() << "the call should have failed";
  }
}

TEST_F(ConnectionTest, TheOtherSideLeaving) {
  auto target = content();
  loop.wait(target.statRequest().send().ignoreResult());
  server = nullptr;
  loop.wait(client->onDisconnect());
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                              [&]() { loop.wait(target.statRequest().send().ignoreResult()); })) {
    EXPECT_EQ(exception->getType(), kj::Exception::Type::DISCONNECTED);
  } else {
    ADD_FAILURE() << "the call should have failed";
  }
}

TEST(ConnectionGarbageTest, EndsTheConnectionAndNothingElse) {
  Loop loop;
  auto [left, right] = os::socketPair();
  Connection server(loop.port(), kj::mv(left), false, kj::heap<TestContent>());
  auto peer = server.peer().castAs<schema::Content>();
  std::string garbage(64, '\xff');
  os::writeAll(right, garbage.data(), garbage.size());
  loop.wait(server.onDisconnect());
  EXPECT_FALSE(server.closedByPeer());
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions(
                              [&]() { loop.wait(peer.statRequest().send().ignoreResult()); })) {
    EXPECT_EQ(textOf(*exception).find("a message of 4294967296 segments"), 0u)
        << textOf(*exception);
  } else {
    ADD_FAILURE() << "the call should have failed";
  }
}

TEST(ConnectionGarbageTest, AMessageThatMeansNothingIsGarbageToo) {
  Loop loop;
  auto [left, right] = os::socketPair();
  Connection server(loop.port(), kj::mv(left), false, kj::heap<TestContent>());
  // A `return` to question 12345, which nobody asked.
  uint32_t answerToNothing[] = {0, 6, 0, 0x10001, 3, 0, 0, 0x10002, 12345, 0, 0, 0, 0, 0};
  os::writeAll(right, answerToNothing, sizeof(answerToNothing));
  loop.wait(server.onDisconnect());
  EXPECT_FALSE(server.closedByPeer());
}

TEST(ConnectionGarbageTest, TheOtherSideLeavingIsNone) {
  Loop loop;
  auto [left, right] = os::socketPair();
  Connection server(loop.port(), kj::mv(left), false, kj::heap<TestContent>());
  right = nullptr;
  loop.wait(server.onDisconnect());
  EXPECT_TRUE(server.closedByPeer());
}

TEST(TakeFdTest, NothingCame) {
  Loop loop;
  schema::Fd::Client empty = nullptr;
  EXPECT_THROW(loop.wait(takeFd(empty, "the blob").promise()), kj::Exception);
}

TEST(HandleTest, RunsWhenTheLastReferenceIsDropped) {
  Loop loop;
  bool dropped = false;
  {
    auto handle = makeHandle([&dropped]() { dropped = true; });
    auto second = handle;
    EXPECT_FALSE(dropped);
  }
  EXPECT_TRUE(dropped);
}

}  // namespace
}  // namespace stave
