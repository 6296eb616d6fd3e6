#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/os/socket.h>

namespace stave::os {
namespace {

ErrorCode errorOfReserving(int type, const std::string& address, uint16_t port) {
  try {
    reservePort(type, address, port);
  } catch (const kj::Exception& exception) {
    return codeOf(exception);
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::INTERNAL;
}

TEST(ReservePort, TakesAFreeOneAndKeepsOthersOut) {
  for (int type : {SOCK_STREAM, SOCK_DGRAM}) {
    auto held = reservePort(type, "127.0.0.1", 0);
    auto port = boundPort(held.get());
    EXPECT_NE(port, 0);
    EXPECT_EQ(errorOfReserving(type, "127.0.0.1", port), ErrorCode::CONFLICT);
    EXPECT_EQ(errorOfReserving(type, "0.0.0.0", port), ErrorCode::CONFLICT);
    held = nullptr;
    EXPECT_EQ(boundPort(reservePort(type, "127.0.0.1", port).get()), port);
  }
}

TEST(ReservePort, SeesAListener) {
  auto listener = reservePort(SOCK_STREAM, "127.0.0.1", 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  EXPECT_EQ(errorOfReserving(SOCK_STREAM, "0.0.0.0", boundPort(listener.get())),
            ErrorCode::CONFLICT);
}

TEST(ReservePort, SaysWhatIsWrongWithAnAddress) {
  EXPECT_EQ(errorOfReserving(SOCK_STREAM, "not-an-address", 1), ErrorCode::INVALID);
  EXPECT_EQ(errorOfReserving(SOCK_STREAM, "203.0.113.77", 4711), ErrorCode::INVALID);
}

TEST(InterfaceIndex, KnowsLoopbackAndSaysZeroForOthers) {
  auto socket = reservePort(SOCK_DGRAM, "127.0.0.1", 0);
  EXPECT_NE(interfaceIndex(socket.get(), "lo"), 0u);
  EXPECT_EQ(interfaceIndex(socket.get(), "stave-none"), 0u);
  EXPECT_NO_THROW(settleLink(socket.get(), "lo"));
  EXPECT_NO_THROW(settleLink(socket.get(), "stave-none"));
  EXPECT_EQ(interfaceIndex(socket.get(), "a-name-that-is-much-too-long"), 0u);
}

}  // namespace
}  // namespace stave::os
