#include "stave/error.h"

#include <gtest/gtest.h>
#include <kj/debug.h>
#include <kj/function.h>

#include <cerrno>

namespace stave {
namespace {

kj::Exception thrownBy(kj::Function<void()> function) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { function(); })) {
    return kj::mv(*exception);
  }
  return KJ_EXCEPTION(FAILED, "nothing was thrown");
}

TEST(ErrorTest, EveryCodeSurvivesItsText) {
  for (int number = 0; number <= int(ErrorCode::UNAUTHORIZED); number++) {
    auto code = static_cast<ErrorCode>(number);
    auto error = makeError(code, "something went wrong");
    EXPECT_EQ(codeOf(error), code) << nameOf(code);
    EXPECT_EQ(textOf(error), "something went wrong");
  }
}

TEST(ErrorTest, CodeSurvivesRpc) {
  kj::Exception remote(kj::Exception::Type::FAILED, "file", 1,
                       kj::str("remote exception: [not-found] no such volume"));
  EXPECT_EQ(codeOf(remote), ErrorCode::NOT_FOUND);
  EXPECT_EQ(textOf(remote), "no such volume");
}

TEST(ErrorTest, ForeignExceptionsMapByType) {
  EXPECT_EQ(codeOf(KJ_EXCEPTION(DISCONNECTED, "peer left")), ErrorCode::UNAVAILABLE);
  EXPECT_EQ(codeOf(KJ_EXCEPTION(UNIMPLEMENTED, "no such method")), ErrorCode::UNSUPPORTED);
  EXPECT_EQ(codeOf(KJ_EXCEPTION(OVERLOADED, "too much")), ErrorCode::EXHAUSTED);
  EXPECT_EQ(codeOf(KJ_EXCEPTION(FAILED, "[nonsense] text")), ErrorCode::INTERNAL);
  EXPECT_EQ(textOf(KJ_EXCEPTION(FAILED, "[nonsense] text")), "[nonsense] text");
}

TEST(ErrorTest, ErrnoChoosesTheCode) {
  EXPECT_EQ(codeOf(thrownBy([]() { failErrno("writing x", ENOSPC); })), ErrorCode::EXHAUSTED);
  EXPECT_EQ(codeOf(thrownBy([]() { failErrno("making x", ENAMETOOLONG); })), ErrorCode::INVALID);
  EXPECT_EQ(codeOf(thrownBy([]() { failErrno("opening x", ENOENT); })), ErrorCode::NOT_FOUND);
  EXPECT_EQ(textOf(thrownBy([]() { failErrno("opening x", ENOENT); })),
            "opening x: No such file or directory");
}

TEST(ErrorTest, ContextKeepsTheCode) {
  auto error = withContext(makeError(ErrorCode::DENIED, "no"), "pulling debian");
  EXPECT_EQ(codeOf(error), ErrorCode::DENIED);
  EXPECT_EQ(textOf(error), "pulling debian: no");
}

}  // namespace
}  // namespace stave
