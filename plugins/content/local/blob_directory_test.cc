#include "blob_directory.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/testing/temp_directory.h>

namespace stave::local {
namespace {

class Blobs : public ::testing::Test {
 protected:
  image::Digest put(const std::string& bytes) {
    os::replaceFile(directory_ / "incoming", bytes);
    auto digest = image::parseDigest(image::digestOf(bytes), "test");
    blobs_.adopt(directory_ / "incoming", digest);
    return digest;
  }

  testing::TempDirectory directory_{"blobs"};
  BlobDirectory blobs_{directory_ / "root"};
};

TEST_F(Blobs, AdoptsAndFinds) {
  auto digest = put("hello");
  ASSERT_TRUE(blobs_.find(digest));
  EXPECT_EQ(blobs_.find(digest)->size, 5u);
  EXPECT_EQ(os::readAll(blobs_.open(digest).get()), "hello");
  EXPECT_FALSE(os::exists(directory_ / "incoming"));
  EXPECT_EQ(BlobDirectory(directory_ / "root").scan().size(), 1u);
}

TEST_F(Blobs, DiscardedBlobIsOutOfSightAndLaterGone) {
  auto digest = put("hello");
  auto open = blobs_.open(digest);
  blobs_.discard(digest);
  EXPECT_FALSE(blobs_.find(digest));
  EXPECT_EQ(os::listDirectory(blobs_.trash()).size(), 1u);
  blobs_.emptyTrash();
  EXPECT_TRUE(os::listDirectory(blobs_.trash()).empty());
  EXPECT_EQ(os::readAll(open.get()), "hello") << "who has it open can go on reading";
  blobs_.discard(digest);
}

TEST_F(Blobs, ForeignFilesAreNoBlobs) {
  put("hello");
  os::replaceFile(directory_ / "root/blobs/sha256/README", "x");
  os::makeDirectories(directory_ / ("root/blobs/sha256/" + std::string(64, 'a')));
  EXPECT_EQ(blobs_.scan().size(), 1u);
}

TEST_F(Blobs, MissingOneIsNotFound) {
  try {
    blobs_.open(image::parseDigest(image::digestOf("none"), "test"));
    FAIL() << "opened a blob that is not there";
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::NOT_FOUND);
  }
}

}  // namespace
}  // namespace stave::local
