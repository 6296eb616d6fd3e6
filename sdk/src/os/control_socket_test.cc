#include <gtest/gtest.h>
#include <poll.h>
#include <stave/error.h>
#include <stave/os/control_socket.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

namespace stave::os {
namespace {

struct ControlSocket : testing::Test {
  void SetUp() override {
    char pattern[] = "/tmp/stave-control-test-XXXXXX";
    top = mkdtemp(pattern);
    directory = top + "/" + std::string(120, 'd');
    makeDirectories(directory);
  }
  void TearDown() override { removeTree(top); }

  std::string top;
  std::string directory;  // longer than an address of a socket may be
};

TEST_F(ControlSocket, messagesStayApart) {
  Fd listener = listenSequenced(directory, "control");
  Fd client = connectSequenced(directory, "control");
  Fd server(accept(listener, nullptr, nullptr));
  sendMessage(client, "one", 3);
  sendMessage(client, "three", 5);
  char data[16];
  EXPECT_EQ(receiveMessage(server, data, sizeof(data)), 3);
  EXPECT_EQ(receiveMessage(server, data, sizeof(data)), 5);
  EXPECT_EQ(receiveMessage(client, data, sizeof(data)), -1);
  server = nullptr;
  EXPECT_EQ(receiveMessage(client, data, sizeof(data)), 0);
}

TEST_F(ControlSocket, aSocketWithoutListenerIsUnavailable) {
  { Fd listener = listenSequenced(directory, "control"); }
  KJ_IF_MAYBE (exception,
               kj::runCatchingExceptions([&] { connectSequenced(directory, "control"); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::UNAVAILABLE);
  } else {
    FAIL() << "connected to nobody";
  }
}

TEST_F(ControlSocket, aPeerThatIsGoneIsUnavailable) {
  auto pair = sequencedPair();
  pair.second = nullptr;
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&] { sendMessage(pair.first, "x", 1); })) {
    EXPECT_EQ(codeOf(*exception), ErrorCode::UNAVAILABLE);
  } else {
    FAIL() << "sent to nobody";
  }
}

TEST_F(ControlSocket, aStreamTakesAsMuchAsWanted) {
  auto pair = streamPair(1 << 20);
  std::string data(4096, 'x');
  size_t taken = 0;
  for (ssize_t size; (size = send(pair.first, data.data(), data.size(), MSG_DONTWAIT)) > 0;)
    taken += size;
  EXPECT_GT(taken, 100u << 10);
}

}  // namespace
}  // namespace stave::os
