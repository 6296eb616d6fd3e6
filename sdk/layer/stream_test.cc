#include "stave/layer/stream.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#include <thread>

#include "stave/error.h"
#include "stave/layer/digest.h"
#include "stave/layer/pipeline.h"

namespace stave::layer {
namespace {

std::string gzip(const std::string& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string compressed(deflateBound(&stream, plain.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = uInt(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(compressed.data());
  stream.avail_out = uInt(compressed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  compressed.resize(stream.total_out);
  deflateEnd(&stream);
  return compressed;
}

std::string zstd(const std::string& plain) {
  std::string compressed(ZSTD_compressBound(plain.size()), '\0');
  compressed.resize(
      ZSTD_compress(compressed.data(), compressed.size(), plain.data(), plain.size(), 3));
  return compressed;
}

std::string noise(size_t size) {
  std::string text;
  for (uint32_t state = 1; text.size() < size; state = state * 1664525 + 1013904223) {
    text += std::to_string(state >> 8);
  }
  return text;
}

os::Fd fileWith(const std::string& bytes) {
  os::Fd file(memfd_create("blob", MFD_CLOEXEC));
  os::writeAll(file, bytes.data(), bytes.size());
  return file;
}

std::string through(const std::string& bytes, const std::string& type = "") {
  auto control = std::make_shared<JobControl>();
  Pipeline pipeline(std::make_unique<GrowingBlob>(fileWith(bytes), bytes.size(), control), type,
                    control);
  std::string plain;
  for (auto piece = pipeline.next(); !piece.empty(); piece = pipeline.next()) plain.append(piece);
  Sha256 sum;
  sum.add(plain);
  EXPECT_EQ(pipeline.digest(), sum.finish());
  EXPECT_EQ(control->bytesRead, bytes.size());
  return plain;
}

ErrorCode refusalOf(const std::string& bytes, const std::string& type = "") {
  KJ_IF_MAYBE (exception, kj::runCatchingExceptions([&]() { through(bytes, type); })) {
    return codeOf(*exception);
  }
  ADD_FAILURE() << "it was taken";
  return ErrorCode::INTERNAL;
}

TEST(StreamTest, PlainAndGzipComeThrough) {
  auto plain = noise(3'000'000);
  EXPECT_EQ(through(plain), plain);
  EXPECT_EQ(through(gzip(plain), "application/vnd.oci.image.layer.v1.tar+gzip"), plain);
  EXPECT_EQ(through(gzip("")), "");
}

TEST(StreamTest, GzipOfSeveralMembersAndZerosBehind) {
  auto first = noise(500'000);
  EXPECT_EQ(through(gzip(first) + gzip("second") + std::string(1000, '\0')), first + "second");
}

TEST(StreamTest, DamagedGzipIsRefused) {
  auto good = gzip(noise(500'000));
  auto flipped = good;
  flipped[good.size() - 5] ^= 1;
  EXPECT_EQ(refusalOf(flipped), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf(good.substr(0, good.size() - 9)), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf(good.substr(0, 10)), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf(good + "garbage"), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf("plain", "x+gzip"), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf("plain", "x+zstd"), ErrorCode::INVALID);
}

TEST(StreamTest, ZstdComesThroughAndDamageIsRefused) {
  auto plain = noise(1'000'000);
  auto good = zstd(plain);
  EXPECT_EQ(through(good, "application/vnd.oci.image.layer.v1.tar+zstd"), plain);
  EXPECT_EQ(through(good + zstd("second")), plain + "second");
  EXPECT_EQ(refusalOf(good.substr(0, good.size() - 5)), ErrorCode::INVALID);
  auto flipped = good.substr(0, 4) + std::string(good.size() - 4, '\xff');
  EXPECT_EQ(refusalOf(flipped), ErrorCode::INVALID);
  EXPECT_EQ(refusalOf(gzip(plain), "x+zstd"), ErrorCode::INVALID);
}

TEST(StreamTest, GrowingBlobIsFollowed) {
  auto plain = noise(1'000'000);
  auto file = fileWith("");
  auto writer = os::duplicate(file);
  auto control = std::make_shared<JobControl>();
  Pipeline pipeline(std::make_unique<GrowingBlob>(kj::mv(file), plain.size(), control), "",
                    control);
  std::thread growing([&]() {
    for (size_t start = 0; start < plain.size(); start += 50'000) {
      os::writeAll(writer, plain.data() + start, std::min<size_t>(50'000, plain.size() - start));
    }
  });
  std::string read;
  for (auto piece = pipeline.next(); !piece.empty(); piece = pipeline.next()) read.append(piece);
  growing.join();
  EXPECT_EQ(read, plain);
}

TEST(StreamTest, WaitingForABlobCanBeStopped) {
  auto control = std::make_shared<JobControl>();
  GrowingBlob blob(fileWith("abc"), 10, control);
  char buffer[10];
  EXPECT_EQ(blob.read(buffer, sizeof(buffer)), 3u);
  std::thread stopper([&]() { control->stop = true; });
  auto exception = kj::runCatchingExceptions([&]() { blob.read(buffer, sizeof(buffer)); });
  stopper.join();
  ASSERT_TRUE(exception != nullptr);
  KJ_IF_MAYBE (thrown, exception) {
    EXPECT_EQ(codeOf(*thrown), ErrorCode::CANCELLED);
  }
}

TEST(StreamTest, PipelineMayBeLeftInTheMiddle) {
  auto bytes = gzip(noise(10'000'000));
  auto control = std::make_shared<JobControl>();
  Pipeline pipeline(std::make_unique<GrowingBlob>(fileWith(bytes), bytes.size(), control), "",
                    control);
  EXPECT_FALSE(pipeline.next().empty());
}

}  // namespace
}  // namespace stave::layer
