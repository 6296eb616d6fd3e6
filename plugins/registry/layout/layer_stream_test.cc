#include "layer_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>

#include <cstdlib>

namespace stave::layout {
namespace {

class LayerStream : public ::testing::Test {
 protected:
  std::string read(const std::string& file) {
    std::string result;
    auto fd = os::open(directory_ / file, O_RDONLY);
    uint64_t size = readLayer(fd.get(), file,
                              [&](const char* data, size_t count) { result.append(data, count); });
    EXPECT_EQ(size, result.size());
    return result;
  }
  void run(const std::string& command) {
    ASSERT_EQ(std::system(("cd " + directory_.path() + " && " + command).c_str()), 0) << command;
  }

  testing::TempDirectory directory_{"layer"};
};

TEST_F(LayerStream, UndoesWhateverCompressionThereIs) {
  run("head -c 700000 /dev/urandom > plain && gzip -k plain && zstd -q plain -o plain.zst");
  std::string plain = os::readFile(directory_ / "plain");
  EXPECT_EQ(read("plain"), plain);
  EXPECT_EQ(read("plain.gz"), plain);
  EXPECT_EQ(read("plain.zst"), plain);
}

TEST_F(LayerStream, EmptyAndDamagedOnes) {
  run("touch empty && head -c 500000 /dev/urandom | gzip > whole.gz && head -c 100000 whole.gz > "
      "cut.gz");
  EXPECT_EQ(read("empty"), "");
  EXPECT_THROW(read("cut.gz"), kj::Exception);
}

}  // namespace
}  // namespace stave::layout
