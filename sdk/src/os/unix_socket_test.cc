#include "stave/os/unix_socket.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stave/error.h"
#include "stave/os/file.h"

namespace stave::os {
namespace {

class UnixSocketTest : public testing::Test {
 protected:
  UnixSocketTest() {
    char name[] = "/tmp/stave-socket-test-XXXXXX";
    directory = mkdtemp(name);
  }
  ~UnixSocketTest() { removeTree(directory); }

  ErrorCode failureOfConnect(const std::string& path) {
    KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { connectUnix(path); })) {
      return codeOf(*exception);
    }
    ADD_FAILURE() << "connected to " << path;
    return ErrorCode::INTERNAL;
  }

  std::string directory;
};

TEST_F(UnixSocketTest, PeerIsKnown) {
  auto listener = listenUnix(directory + "/s", 0600, "");
  auto client = connectUnix(directory + "/s");
  kj::AutoCloseFd server(accept(listener, nullptr, nullptr));
  auto peer = peerCredentials(server);
  EXPECT_EQ(peer.uid, getuid());
  EXPECT_EQ(peer.pid, getpid());
  EXPECT_EQ(peer.groups.at(0), getgid());
}

TEST_F(UnixSocketTest, ModeIsSet) {
  auto listener = listenUnix(directory + "/s", 0640, "");
  struct stat info;
  ASSERT_EQ(stat((directory + "/s").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST_F(UnixSocketTest, SecondListenerIsRefusedAndStaleSocketReplaced) {
  {
    auto first = listenUnix(directory + "/s", 0600, "");
    KJ_IF_MAYBE (exception,
                 kj::runCatchingExceptions([&]() { listenUnix(directory + "/s", 0600, ""); })) {
      EXPECT_EQ(codeOf(*exception), ErrorCode::CONFLICT);
    } else {
      ADD_FAILURE() << "two listeners at one path";
    }
  }
  EXPECT_EQ(failureOfConnect(directory + "/s"), ErrorCode::UNAVAILABLE);
  auto again = listenUnix(directory + "/s", 0600, "");
  connectUnix(directory + "/s");
}

TEST_F(UnixSocketTest, Failures) {
  EXPECT_EQ(failureOfConnect(directory + "/none"), ErrorCode::NOT_FOUND);
  EXPECT_EQ(failureOfConnect(directory + "/" + std::string(200, 'x')), ErrorCode::INVALID);
  EXPECT_THROW(listenUnix(directory + "/s", 0600, "no-such-group"), kj::Exception);
}

TEST_F(UnixSocketTest, NamesOfUsersAndGroups) {
  EXPECT_EQ(userName(0), "root");
  EXPECT_EQ(groupName(0), "root");
  EXPECT_EQ(userName(4211111), "4211111");
}

}  // namespace
}  // namespace stave::os
