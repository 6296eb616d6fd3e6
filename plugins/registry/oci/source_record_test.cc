#include "source_record.h"

#include <gtest/gtest.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>

namespace stave::oci {
namespace {

TEST(SourceRecord, RemembersOverRestarts) {
  testing::TempDirectory directory("sources");
  std::string file = directory / "sources.json";
  {
    SourceRecord record(file);
    record.add("a.example:5000", "x/y", {"sha256:1"});
    record.add("a.example:5000", "z", {"sha256:1"});
    record.add("b.example", "x/y", {"sha256:1"});
    record.save();
  }
  SourceRecord record(file);
  EXPECT_EQ(record.find("a.example:5000", "sha256:1", "z"), std::vector<std::string>{"x/y"});
  EXPECT_EQ(record.find("a.example:5000", "sha256:1", "other").size(), 2u);
  EXPECT_TRUE(record.find("b.example", "sha256:1", "x/y").empty());
  EXPECT_TRUE(record.find("b.example", "sha256:2", "").empty());
}

TEST(SourceRecord, DamagedFileIsNoObstacle) {
  testing::TempDirectory directory("sources");
  os::replaceFile(directory / "sources.json", R"({"sha256:1": 7, "sha256:2": [null, "a/b"]})");
  EXPECT_EQ(SourceRecord(directory / "sources.json").find("a", "sha256:2", "").size(), 1u);
  os::replaceFile(directory / "sources.json", "{");
  EXPECT_TRUE(SourceRecord(directory / "sources.json").find("a", "sha256:2", "").empty());
}

}  // namespace
}  // namespace stave::oci
