#include "ingest_directory.h"

#include <gtest/gtest.h>
#include <stave/image/digest.h>
#include <stave/os/positioned_io.h>
#include <stave/testing/temp_directory.h>

namespace stave::local {
namespace {

class Ingests : public ::testing::Test {
 protected:
  OpenedIngest open(uint64_t size = 100) { return ingests_.open(key_, digest_, size); }

  testing::TempDirectory directory_{"ingests"};
  IngestDirectory ingests_{directory_.path(), std::chrono::milliseconds(40)};
  std::string digest_ = image::digestOf("blob");
  std::string key_ = IngestDirectory::keyOf(digest_);
};

TEST_F(Ingests, ResumeWhereTheyWereLeft) {
  {
    auto opened = open();
    EXPECT_EQ(opened.offset, 0u);
    os::writeAllAt(opened.file.get(), "hello", 5, 0);
  }
  EXPECT_EQ(open().offset, 5u);
  auto found = ingests_.scan();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].digest, digest_);
  EXPECT_EQ(found[0].bytes, 5u);
}

TEST_F(Ingests, MoreThanTheWholeIsStartedAgain) {
  os::writeAllAt(open().file.get(), "hello", 5, 0);
  EXPECT_EQ(open(4).offset, 0u);
}

TEST_F(Ingests, TwoNeverWriteIntoOneFile) {
  auto first = open();
  os::writeAllAt(first.file.get(), "first", 5, 0);
  auto second = open();
  EXPECT_EQ(second.offset, 0u) << "the first one still has its file open";
  os::writeAllAt(second.file.get(), "second", 6, 0);
  os::writeAllAt(first.file.get(), "xxxxx", 5, 0);
  EXPECT_EQ(os::readAll(ingests_.openToRead(key_).get()), "second");
}

TEST_F(Ingests, DiscardSparesWhatIsWritten) {
  {
    auto opened = open();
    EXPECT_FALSE(ingests_.discard(key_, directory_.path()));
  }
  EXPECT_TRUE(ingests_.discard(key_, directory_.path()));
  EXPECT_TRUE(ingests_.scan().empty());
}

TEST_F(Ingests, OnlyThoseWithADigestSurviveTheirWriter) {
  std::string one = IngestDirectory::keyOf(""), two = IngestDirectory::keyOf("");
  EXPECT_NE(one, two);
  open();
  ingests_.open(one, "", 0);
  auto alive = ingests_.open(two, "", 0);
  ingests_.removeOrphans();
  EXPECT_EQ(ingests_.scan().size(), 2u) << "the one with a digest, and the one that is open";
}

}  // namespace
}  // namespace stave::local
