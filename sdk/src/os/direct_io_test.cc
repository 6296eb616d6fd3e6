#include <fcntl.h>
#include <gtest/gtest.h>
#include <stave/os/direct_io.h>
#include <stave/os/positioned_io.h>
#include <stave/testing/temp_directory.h>
#include <sys/mman.h>

#include <random>

namespace stave::os {
namespace {

struct DirectIoTest : ::testing::Test {
  ~DirectIoTest() noexcept override {}

  testing::TempDirectory directory{"direct"};
  std::string path = directory / "file";
  Fd file = open(path, O_RDWR | O_CREAT, 0600);

  std::string noise(size_t size) {
    std::mt19937 random(static_cast<unsigned>(size));
    std::string result(size, 0);
    for (auto& byte : result) byte = static_cast<char>(random());
    return result;
  }
  void writeInPieces(DirectWriter& writer, std::string_view bytes, size_t piece) {
    for (size_t at = 0; at < bytes.size(); at += piece) {
      auto part = bytes.substr(at, piece);
      writer.write(part.data(), part.size());
    }
  }
  std::string readInPieces(DirectReader& reader, size_t piece) {
    std::string result;
    std::string part(piece, 0);
    while (size_t got = reader.readAt(part.data(), piece, result.size())) {
      result.append(part.data(), got);
    }
    return result;
  }
};

TEST_F(DirectIoTest, WhatIsWrittenInPiecesIsThereAsAWhole) {
  auto bytes = noise((3 << 20) + 12'345);
  DirectWriter writer(file, 0);
  writeInPieces(writer, bytes, 10'007);
  EXPECT_EQ(fileSize(file), uint64_t{3} << 20) << "whole blocks only until it is flushed";
  writer.flush();
  EXPECT_TRUE(readFile(path) == bytes);
  DirectReader reader(file);
  EXPECT_TRUE(readInPieces(reader, 4099) == bytes);
}

TEST_F(DirectIoTest, GoesOnAtAnOddOffset) {
  auto bytes = noise(5'000'000);
  writeAllAt(file, bytes.data(), 1'234'567, 0);
  DirectWriter writer(file, 1'234'567);
  writeInPieces(writer, std::string_view(bytes).substr(1'234'567), 65'536);
  writer.flush();
  EXPECT_TRUE(readFile(path) == bytes);
}

TEST_F(DirectIoTest, BeginsAnewWithoutWhatWasNotFlushed) {
  DirectWriter writer(file, 0);
  writer.write("lost", 4);
  writer.restart(0);
  writer.write("kept", 4);
  writer.flush();
  EXPECT_EQ(readFile(path), "kept");
}

TEST_F(DirectIoTest, FollowsAFileThatGrows) {
  DirectReader reader(file);
  char byte = 0;
  EXPECT_EQ(reader.readAt(&byte, 1, 0), 0u);
  auto bytes = noise(700'001);
  std::string seen;
  for (size_t end : {1ul, 4095ul, 4096ul, 600'000ul, 700'001ul}) {
    writeAllAt(file, bytes.data() + seen.size(), end - seen.size(), seen.size());
    std::string part(1'000'000, 0);
    while (size_t got = reader.readAt(part.data(), part.size(), seen.size())) {
      seen.append(part.data(), got);
    }
    ASSERT_EQ(seen.size(), end);
  }
  EXPECT_TRUE(seen == bytes);
}

TEST_F(DirectIoTest, AFileThatMayNotBeOpenedAgainIsUsedAsItIs) {
  Fd memory(memfd_create("direct", MFD_CLOEXEC));  // no file system with a device
  auto bytes = noise(1'500'000);
  DirectWriter writer(memory, 0);
  writeInPieces(writer, bytes, 100'000);
  writer.flush();
  DirectReader reader(memory);
  EXPECT_TRUE(readInPieces(reader, 99'999) == bytes);
}

}  // namespace
}  // namespace stave::os
