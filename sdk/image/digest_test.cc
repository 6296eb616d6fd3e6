#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/image/digest.h>

namespace stave::image {
namespace {

TEST(Digest, HashesPieceByPiece) {
  Hasher hasher;
  hasher.update("a");
  hasher.update("bc");
  EXPECT_EQ(hasher.finish(),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(digestOf(""),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_TRUE(isDigest(digestOf("x", "sha512")));
}

TEST(Digest, ParsesAndRefuses) {
  Digest digest = parseDigest(digestOf("x"), "test");
  EXPECT_EQ(digest.algorithm, "sha256");
  EXPECT_EQ(digest.text(), digestOf("x"));
  EXPECT_FALSE(isDigest("sha256:" + std::string(64, 'A')));
  EXPECT_FALSE(isDigest("sha256:" + std::string(63, 'a')));
  EXPECT_FALSE(isDigest("sha512:" + std::string(64, 'a')));
  EXPECT_FALSE(isDigest("../../etc/passwd"));
  EXPECT_THROW(parseDigest("sha1:abc", "test"), kj::Exception);
  EXPECT_THROW(Hasher("md5"), kj::Exception);
}

}  // namespace
}  // namespace stave::image
