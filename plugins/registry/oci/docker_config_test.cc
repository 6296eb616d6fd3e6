#include "docker_config.h"

#include <gtest/gtest.h>
#include <stave/error.h>
#include <stave/loop.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/wait.h>

#include <cstdlib>

namespace stave::oci {
namespace {

const char* sample = R"({
  "auths": {
    "https://index.docker.io/v1/": {"auth": "YWxpY2U6d29uZGVyOmxhbmQ="},
    "quay.io": {"username": "bob", "password": "b"},
    "http://old.example/v2/": {"auth": "Y2Fyb2w6Yw==", "identitytoken": "t"},
    "bad.example": {"auth": "%%%"}},
  "credHelpers": {"helped.example": "one"}})";

ConfiguredLogin find(const std::string& domain) {
  return findLogin(sample, domain, "config.json");
}

TEST(DockerConfig, FindsEntriesUnderAllTheirNames) {
  EXPECT_EQ(find("docker.io").credentials, (Credentials{"alice", "wonder:land", ""}));
  EXPECT_EQ(find("quay.io").credentials, (Credentials{"bob", "b", ""}));
  EXPECT_EQ(find("old.example").credentials, (Credentials{"carol", "c", "t"}));
  EXPECT_TRUE(find("none.example").credentials.empty());
}

TEST(DockerConfig, KnowsHelpers) {
  EXPECT_EQ(find("helped.example").helper, "one");
  EXPECT_EQ(find("helped.example").server, "helped.example");
  ConfiguredLogin login = findLogin(R"({"credsStore": "store"})", "docker.io", "x");
  EXPECT_EQ(login.helper, "store");
  EXPECT_EQ(login.server, "https://index.docker.io/v1/");
}

TEST(DockerConfig, SaysWhatIsWrong) {
  try {
    find("bad.example");
    FAIL() << "taken";
  } catch (const kj::Exception& exception) {
    EXPECT_EQ(codeOf(exception), ErrorCode::INVALID);
    EXPECT_NE(textOf(exception).find("config.json: auths.bad.example.auth"), std::string::npos);
  }
  EXPECT_THROW(findLogin("[", "x", "y"), kj::Exception);
}

TEST(DockerConfig, ReadsHelperReplies) {
  EXPECT_EQ(*parseHelperReply(R"({"Username":"u","Secret":"s"})"), (Credentials{"u", "s", ""}));
  EXPECT_EQ(*parseHelperReply(R"({"Username":"<token>","Secret":"s"})"),
            (Credentials{"", "", "s"}));
  EXPECT_FALSE(parseHelperReply("credentials not found in native keychain"));
}

TEST(DockerConfig, AsksTheHelper) {
  testing::TempDirectory directory("helper");
  std::string script =
      "#!/bin/sh\nread -r server\n[ \"$1\" = get ] || exit 1\n"
      "printf '{\"Username\":\"%s\",\"Secret\":\"s\"}' \"$server\"\n";
  os::replaceFile(directory / "docker-credential-test", script, 0755);
  os::replaceFile(directory / "config.json", R"({"credHelpers": {"h.example": "test"}})");
  std::string path = std::getenv("PATH");
  ::setenv("PATH", (directory.path() + ":" + path).c_str(), 1);
  Loop loop;
  auto lookUp = [&](const char* domain) {
    return testing::wait(loop, lookUpCredentials(loop.port(), *loop.io().lowLevelProvider,
                                                 loop.timer(), directory / "config.json", domain)
                                   .promise());
  };
  EXPECT_EQ(lookUp("h.example"), (Credentials{"h.example", "s", ""}));
  EXPECT_TRUE(lookUp("other.example").empty());
  os::replaceFile(directory / "config.json", R"({"credsStore": "missing"})");
  EXPECT_THROW(lookUp("h.example"), kj::Exception);
  ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace stave::oci
