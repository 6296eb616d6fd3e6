#include "layout_reference.h"

#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave::layout {
namespace {

using Kind = LayoutReference::Kind;

TEST(LayoutReference, IsReadAndWritten) {
  auto reference = parseLayoutReference("docker-archive:/tmp/x.tar:debian:12");
  EXPECT_EQ(reference.kind, Kind::dockerArchive);
  EXPECT_EQ(reference.path, "/tmp/x.tar");
  EXPECT_EQ(reference.name, "debian:12");
  for (std::string text : {"oci:/a/b", "oci:/a/b:v1", "oci-archive:/a.tar:x",
                           "docker-archive:/tmp/x.tar:debian:12", "docker-archive:/x:@0"}) {
    EXPECT_EQ(parseLayoutReference(text).text(), text);
  }
}

TEST(LayoutReference, RefusesWithTheReason) {
  const std::pair<std::string, std::string> cases[] = {
      {"debian", "begins with none of"}, {"dir:/x", "begins with none of"},
      {"oci", "begins with none of"},    {"oci:", "the path is missing"},
      {"oci:a/b", "must be absolute"},   {"oci:/a:", "name after the path is empty"}};
  for (auto& [text, reason] : cases) {
    try {
      parseLayoutReference(text);
      ADD_FAILURE() << text << " was taken";
    } catch (const kj::Exception& exception) {
      EXPECT_EQ(codeOf(exception), ErrorCode::INVALID);
      EXPECT_NE(textOf(exception).find(reason), std::string::npos) << textOf(exception);
    }
  }
}

}  // namespace
}  // namespace stave::layout
