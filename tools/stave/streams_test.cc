#include "streams.h"

#include <gtest/gtest.h>

namespace stave::cli {
namespace {

TEST(FrameReader, PutsPiecesTogether) {
  auto bytes = frameOf(1, "hello") + frameOf(2, "") + frameOf(3, std::string_view("\1", 1));
  FrameReader reader;
  std::vector<FrameReader::Frame> frames;
  for (char byte : bytes) {
    reader.add({&byte, 1});
    auto frame = reader.next();
    KJ_IF_MAYBE (whole, frame) {
      frames.push_back(kj::mv(*whole));
    }
  }
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[0].bytes, "hello");
  EXPECT_EQ(frames[1].stream, 2);
  EXPECT_EQ(frames[2].bytes, "\1");
}

TEST(FrameReader, RefusesAFrameWithoutBound) {
  FrameReader reader;
  reader.add(std::string("\1\0\0\0\xff\xff\xff\xff", 8));
  EXPECT_THROW(reader.next(), kj::Exception);
}

TEST(DetachKeys, AreFoundInPieces) {
  DetachKeys keys("\x10\x11");
  EXPECT_EQ(keys.filter("ab\x10"), "ab");
  EXPECT_FALSE(keys.detached());
  EXPECT_EQ(keys.filter("\x11"), "");
  EXPECT_TRUE(keys.detached());
}

TEST(DetachKeys, LetHalfASequencePass) {
  DetachKeys keys("\x10\x11");
  EXPECT_EQ(keys.filter("\x10"), "");
  EXPECT_EQ(keys.filter("x"), "\x10x");
  EXPECT_EQ(keys.filter("\x10\x10"), "\x10");
  EXPECT_EQ(keys.filter("\x11"), "");
  EXPECT_TRUE(keys.detached());
}

TEST(DetachKeys, CanBeNone) {
  DetachKeys keys("");
  EXPECT_EQ(keys.filter("\x10\x11"), "\x10\x11");
  EXPECT_FALSE(keys.detached());
}

}  // namespace
}  // namespace stave::cli
