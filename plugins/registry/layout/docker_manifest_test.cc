#include "docker_manifest.h"

#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave::layout {
namespace {

TEST(DockerManifest, IsWrittenAndReadAgain) {
  std::vector<DockerEntry> entries = {
      {"c.json", {"debian:12", "debian:latest"}, {"a.tar", "b.tar"}}, {"d.json", {}, {}}};
  auto read = parseDockerManifest(writeDockerManifest(entries), "x.tar");
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].tags, entries[0].tags);
  EXPECT_EQ(read[0].layers, entries[0].layers);
  EXPECT_EQ(read[1].config, "d.json");
  EXPECT_TRUE(read[1].tags.empty());
}

TEST(DockerManifest, RepositoriesPointToTheTopLayer) {
  EXPECT_EQ(writeRepositories({{"c.json", {"localhost:5000/x:12"}, {"a.tar", "b.tar"}}}),
            R"({"localhost:5000/x":{"12":"b"}})");
}

TEST(DockerManifest, RefusesWithThePlace) {
  const std::pair<std::string, std::string> cases[] = {
      {"{}", "x.tar: manifest.json: is not a JSON list"},
      {"[7]", "manifest.json[0]: is not an object"},
      {"[{}]", "manifest.json[0]: Config: is not a text"},
      {R"([{"Config":"c","Layers":"x"}])", "Layers: is not a list"},
      {R"([{"Config":"c","RepoTags":[7]}])", "RepoTags: has an element that is not a text"}};
  for (auto& [bytes, reason] : cases) {
    try {
      parseDockerManifest(bytes, "x.tar");
      ADD_FAILURE() << bytes << " was taken";
    } catch (const kj::Exception& exception) {
      EXPECT_NE(textOf(exception).find(reason), std::string::npos) << textOf(exception);
    }
  }
}

}  // namespace
}  // namespace stave::layout
