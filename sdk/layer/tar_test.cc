#include <gtest/gtest.h>

#include "stave/error.h"
#include "stave/layer/tar.h"
#include "tar_header.h"

namespace stave::layer {
namespace {

/// Gives its bytes in pieces of a fixed size, so that every border is met.
class Pieces final : public PieceSource {
 public:
  Pieces(std::string bytes, size_t size) : bytes_(std::move(bytes)), size_(size) {}
  std::string_view next() override {
    auto piece = std::string_view(bytes_).substr(std::min(position_, bytes_.size()), size_);
    position_ += piece.size();
    return piece;
  }

 private:
  std::string bytes_;
  size_t size_;
  size_t position_ = 0;
};

std::string write(const std::vector<std::pair<Entry, std::string>>& entries) {
  std::string bytes;
  TarWriter writer([&](std::string_view part) { bytes.append(part); });
  for (auto& [entry, content] : entries) {
    writer.add(entry);
    writer.data(content);
  }
  writer.finish();
  return bytes;
}

std::string contentOf(TarReader& reader) {
  std::string content;
  uint64_t offset;
  std::string_view bytes;
  while (reader.data(offset, bytes)) content.append(bytes);
  return content;
}

ErrorCode refusalOf(const std::string& tar) {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() {
                 Pieces source(tar, 512);
                 TarReader reader(source);
                 Entry entry;
                 while (reader.next(entry)) contentOf(reader);
               })) {
    return codeOf(*exception);
  }
  ADD_FAILURE() << "it was taken";
  return ErrorCode::INTERNAL;
}

TEST(TarTest, WhatIsWrittenIsRead) {
  Entry written;
  written.path = std::string(150, 'p') + "\xff";
  written.mode = 04711;
  written.uid = 4'000'000'000;
  written.gid = 12;
  written.size = 1000;
  written.modified = {-3, 250'000'000};
  written.attributes = {{"user.a", std::string("b\n=\0", 4)}};
  auto tar = write({{written, std::string(1000, 'x')}, {Entry{"next"}, ""}});
  for (size_t size : {1, 7, 511, 512, 513, 1 << 20}) {
    Pieces source(tar, size);
    TarReader reader(source);
    Entry entry;
    ASSERT_TRUE(reader.next(entry));
    EXPECT_EQ(entry.path, written.path);
    EXPECT_EQ(entry.mode, written.mode);
    EXPECT_EQ(entry.uid, written.uid);
    EXPECT_EQ(entry.modified.tv_sec, -3);
    EXPECT_EQ(entry.modified.tv_nsec, 250'000'000);
    EXPECT_EQ(entry.attributes, written.attributes);
    EXPECT_EQ(contentOf(reader), std::string(1000, 'x'));
    ASSERT_TRUE(reader.next(entry));
    EXPECT_EQ(entry.path, "next");
    EXPECT_FALSE(reader.next(entry));
  }
}

TEST(TarTest, DamageIsRefused) {
  auto tar = write({{Entry{"file", EntryType::file, "", 0644, 0, 0, 600}, std::string(600, 'x')}});
  EXPECT_EQ(refusalOf(""), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf(tar.substr(0, 300)), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf(tar.substr(0, 1000)), ErrorCode::INVALID);
  auto flipped = tar;
  flipped[0] ^= 1;
  EXPECT_EQ(refusalOf(flipped), ErrorCode::INVALID);
}

TEST(TarTest, NumbersOfEveryForm) {
  auto number = [](std::string_view raw) {
    auto parsed = parseTarNumber(raw);
    KJ_IF_MAYBE (value, parsed) {
      return *value;
    }
    return int64_t(-999);
  };
  EXPECT_EQ(number(std::string_view("0000644\0", 8)), 0644);
  EXPECT_EQ(number("   12 "), 10);
  EXPECT_EQ(number(""), 0);
  EXPECT_EQ(number(std::string_view("\x80\0\0\0\0\0\0\x03\0\0\0\0", 12)), int64_t(3) << 32);
  EXPECT_EQ(number("\xff\xff\xff\xff\xff\xff\xff\xfe"), -2);
  EXPECT_EQ(number("12x"), -999);
  EXPECT_EQ(number("\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), -999);
}

TEST(TarTest, RecordsAndTimes) {
  TarRecords records;
  EXPECT_TRUE(parseTarRecords("12 path=a=b\n6 k=v\n", records));
  EXPECT_EQ(records, (TarRecords{{"path", "a=b"}, {"k", "v"}}));
  for (auto* wrong :
       {"12 path=a", "x path=a\n", "5 k=v\n", "99999999999999999999 a=b\n", "5 kv\n"}) {
    TarRecords ignored;
    EXPECT_FALSE(parseTarRecords(wrong, ignored)) << wrong;
  }
  auto time = parseTarTime("-1.25");
  ASSERT_TRUE(time != nullptr);
  KJ_IF_MAYBE (value, time) {
    EXPECT_EQ(*value, (std::pair<int64_t, uint32_t>(-2, 750'000'000)));
  }
  EXPECT_TRUE(parseTarTime("soon") == nullptr);
}

}  // namespace
}  // namespace stave::layer
