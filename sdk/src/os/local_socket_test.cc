#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/os/local_socket.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>

namespace stave::os {
namespace {

ErrorCode codeOfConnecting(const std::string& path) {
  auto exception = kj::runCatchingExceptions([&]() { connectLocalSocket(path); });
  KJ_IF_MAYBE (thrown, exception) {
    return codeOf(*thrown);
  }
  ADD_FAILURE() << "connected to " << path;
  return ErrorCode::INTERNAL;
}

TEST(LocalSocket, ConnectsToAnAbstractName) {
  kj::AutoCloseFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  auto name = "@stave-test-" + std::to_string(::getpid());
  name.copy(address.sun_path, name.size());
  address.sun_path[0] = '\0';
  socklen_t length = offsetof(sockaddr_un, sun_path) + name.size();
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
  ASSERT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_GE(connectLocalSocket(name).get(), 0);
}

TEST(LocalSocket, SaysWhyItCannot) {
  EXPECT_EQ(codeOfConnecting("/nonexistent/socket"), ErrorCode::NOT_FOUND);
  EXPECT_EQ(codeOfConnecting(std::string(200, 'x')), ErrorCode::INVALID);
  EXPECT_EQ(codeOfConnecting(""), ErrorCode::INVALID);
}

}  // namespace
}  // namespace stave::os
