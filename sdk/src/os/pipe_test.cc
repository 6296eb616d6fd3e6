#include <gtest/gtest.h>
#include <stave/os/file.h>
#include <stave/os/pipe.h>

namespace stave::os {
namespace {

TEST(Pipe, CarriesBytesUntilItsEnd) {
  Pipe pipe = makePipe();
  writeAll(pipe.writeEnd.get(), "hello", 5);
  pipe.writeEnd = nullptr;
  EXPECT_EQ(readAll(pipe.readEnd.get()), "hello");
}

}  // namespace
}  // namespace stave::os
