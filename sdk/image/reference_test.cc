#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/image/reference.h>

namespace stave::image {
namespace {

const std::string digest = "sha256:" + std::string(64, 'a');

std::string refusalOf(const std::string& text) {
  try {
    Reference reference = parseReference(text);
    ADD_FAILURE() << "\"" << text << "\" was taken as " << reference.text();
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::INVALID);
    return textOf(exception);
  }
  return "";
}

void expectRefused(const std::string& text, const std::string& because) {
  std::string refusal = refusalOf(text);
  EXPECT_NE(refusal.find(because), std::string::npos) << refusal;
}

TEST(Reference, NormalizesAsDockerDoes) {
  const std::pair<std::string, std::string> cases[] = {
      {"debian", "docker.io/library/debian:latest"},
      {"debian:12", "docker.io/library/debian:12"},
      {"library/debian", "docker.io/library/debian:latest"},
      {"docker.io/debian", "docker.io/library/debian:latest"},
      {"index.docker.io/a/b:c", "docker.io/a/b:c"},
      {"bitnami/redis:7.0", "docker.io/bitnami/redis:7.0"},
      {"localhost/a", "localhost/a:latest"},
      {"localhost:5000/a/b:tag", "localhost:5000/a/b:tag"},
      {"LOCAL/a", "LOCAL/a:latest"},
      {"quay.io/a", "quay.io/a:latest"},
      {"[::1]:5000/a", "[::1]:5000/a:latest"},
      {"a__b/c--d/e.f_g", "docker.io/a__b/c--d/e.f_g:latest"},
      {"x@" + digest, "docker.io/library/x@" + digest},
      {"x:1@" + digest, "docker.io/library/x:1@" + digest},
  };
  for (auto& [text, normalized] : cases) {
    EXPECT_EQ(parseReference(text).text(), normalized) << text;
    EXPECT_EQ(parseReference(normalized).text(), normalized) << "must be stable";
  }
}

TEST(Reference, KnowsItsParts) {
  Reference reference = parseReference("localhost:5000/a/b:1@" + digest);
  EXPECT_EQ(reference.domain, "localhost:5000");
  EXPECT_EQ(reference.path, "a/b");
  EXPECT_EQ(reference.tag, "1");
  EXPECT_EQ(reference.digest, digest);
  EXPECT_EQ(reference.identifier(), digest);
  EXPECT_EQ(parseReference("debian").familiar(), "debian:latest");
  EXPECT_EQ(parseReference("docker.io/a/b").familiar(), "a/b:latest");
  EXPECT_EQ(parseReference("quay.io/a").familiar(), "quay.io/a:latest");
}

TEST(Reference, RefusesWithTheReason) {
  expectRefused("", "it is empty");
  expectRefused(":tag", "name is missing");
  expectRefused("Debian", "must be lower case");
  expectRefused("a/Debian", "must be lower case");
  expectRefused("debian:", "the tag after the colon is empty");
  expectRefused("debian:.x", "tag \".x\"");
  expectRefused("debian:" + std::string(129, 'a'), "longer than 128");
  expectRefused("debian@sha256:abc", "has 3 digits, not 64");
  expectRefused("debian@md5:abc", "other than sha256 and sha512");
  expectRefused("debian@" + std::string(64, 'a'), "has no algorithm");
  expectRefused("a//b", "a component of the repository's path is empty");
  expectRefused("a/", "a component of the repository's path is empty");
  expectRefused("/a", "a component of the repository's path is empty");
  expectRefused("a/-b", "may only stand between");
  expectRefused("a/b-", "may only stand between");
  expectRefused("a/b..c", "may only stand between");
  expectRefused("a/b___c", "may only stand between");
  expectRefused("a b", "a character that is not allowed");
  expectRefused("a/b\n", "a character that is not allowed");
  expectRefused("host:99999/a", "port \"99999\"");
  expectRefused("host:x/a", "port \"x\"");
  expectRefused("-host.example/a", "not a host name");
  expectRefused("host..example/a", "not a host name");
  expectRefused("[::g]/a", "not an IPv6 address");
  expectRefused(std::string(64, 'a'), "are an image id");
  expectRefused("a.example/" + std::string(250, 'b'), "longer than 255");
}

TEST(Reference, RepositoryHasNoTag) {
  EXPECT_EQ(parseRepository("debian").name(), "docker.io/library/debian");
  EXPECT_THROW(parseRepository("debian:12"), kj::Exception);
}

}  // namespace
}  // namespace stave::image
