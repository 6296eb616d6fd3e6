#include <gtest/gtest.h>
#include <stave/os/file.h>
#include <stave/os/pipe.h>

namespace stave::os {
namespace {

TEST(Pipe, CarriesBytesUntilItsEnd) {
  Pipe pipe = makePipe();
  writeAll(pipe.write.get(), "hello", 5);
  pipe.write = nullptr;
  EXPECT_EQ(readAll(pipe.read.get()), "hello");
}

}  // namespace
}  // namespace stave::os
