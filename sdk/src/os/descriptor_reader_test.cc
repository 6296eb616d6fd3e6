#include <fcntl.h>
#include <gtest/gtest.h>
#include <kj/async-io.h>
#include <stave/os/descriptor_reader.h>
#include <unistd.h>

namespace stave::os {
namespace {

struct Pipe {
  kj::AutoCloseFd reader, writer;

  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader = kj::AutoCloseFd(ends[0]);
    writer = kj::AutoCloseFd(ends[1]);
  }
};

TEST(DescriptorReader, WaitsForAPipeWithoutChangingIt) {
  auto io = kj::setupAsyncIo();
  Pipe pipe;
  DescriptorReader reader(io.unixEventPort, pipe.reader.get());
  auto first = reader.read();
  EXPECT_FALSE(first.poll(io.waitScope));
  ASSERT_EQ(::write(pipe.writer.get(), "one", 3), 3);
  EXPECT_EQ(first.wait(io.waitScope), "one");
  EXPECT_EQ(::fcntl(pipe.reader.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(DescriptorReader, GivesWhatIsThereThenTheEnd) {
  auto io = kj::setupAsyncIo();
  Pipe pipe;
  DescriptorReader reader(io.unixEventPort, pipe.reader.get());
  ASSERT_EQ(::write(pipe.writer.get(), "all", 3), 3);
  pipe.writer = nullptr;
  EXPECT_EQ(reader.read().wait(io.waitScope), "all");
  EXPECT_EQ(reader.read().wait(io.waitScope), "");
}

TEST(DescriptorReader, ReadsWhatCannotBeWatched) {
  auto io = kj::setupAsyncIo();
  kj::AutoCloseFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  DescriptorReader reader(io.unixEventPort, null.get());
  EXPECT_EQ(reader.read().wait(io.waitScope), "");
}

}  // namespace
}  // namespace stave::os
