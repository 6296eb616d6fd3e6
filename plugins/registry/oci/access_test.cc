#include <gtest/gtest.h>
#include <stave/os/file.h>

#include "sample_image.h"
#include "test_stack.h"

/// Credentials, mirrors, redirects and platforms.
namespace stave::oci {
namespace {

const Credentials alice{"alice", "secret", ""};

class Access : public ::testing::Test {
 protected:
  Access() { publish(fake_, image_, "a/b", "v1"); }
  std::string reference() { return fake_.host() + "/a/b:v1"; }

  FakeRegistry fake_;
  SampleImage image_ = makeImage({pattern(50'000, 1)});
};

TEST_F(Access, Basic) {
  fake_.requireBasic("alice", "secret");
  TestStack stack;
  EXPECT_EQ(stack.pull(reference(), alice).manifest, image_.digest);
  stack.refusal(ErrorCode::UNAUTHORIZED, stack.startPull(reference()));
  stack.refusal(ErrorCode::UNAUTHORIZED, stack.startPull(reference(), {"alice", "wrong", ""}));
}

TEST_F(Access, BearerTokenIsUsedAgain) {
  fake_.requireBearer("alice", "secret");
  TestStack stack;
  EXPECT_EQ(stack.pull(reference(), alice).manifest, image_.digest);
  size_t tokens = fake_.countOf("/token");
  EXPECT_EQ(tokens, 1u);
  stack.pull(reference(), alice);
  EXPECT_EQ(fake_.countOf("/token"), tokens);
  fake_.forgetTokens();
  stack.pull(reference(), alice);
  EXPECT_EQ(fake_.countOf("/token"), tokens + 1);
}

TEST_F(Access, WrongBearerCredentialsAreToldApart) {
  fake_.requireBearer("alice", "secret");
  TestStack stack;
  std::string text =
      stack.refusal(ErrorCode::UNAUTHORIZED, stack.startPull(reference(), {"alice", "wrong", ""}));
  EXPECT_NE(text.find("incorrect username or password"), std::string::npos) << text;
}

TEST_F(Access, LoginGivesAnIdentityTokenThatWorks) {
  fake_.requireBearer("alice", "secret");
  TestStack stack;
  auto check = stack.registry().checkRequest();
  check.setHost(fake_.host().c_str());
  fillCredentials(alice, check.initCredentials());
  std::string token = stack.wait(
      check.send().then([](auto&& reply) { return std::string(reply.getIdentityToken().cStr()); }));
  EXPECT_EQ(token, "refresh-alice");
  EXPECT_EQ(stack.pull(reference(), {"", "", token}).manifest, image_.digest);
}

TEST_F(Access, ConfiguredCredentialsAreFound) {
  fake_.requireBasic("alice", "secret");
  testing::TempDirectory directory("config");
  os::replaceFile(directory / "config.json",
                  "{\"auths\": {\"" + fake_.host() + "\": {\"auth\": \"YWxpY2U6c2VjcmV0\"}}}");
  TestStack stack(R"({"credentials": ")" + (directory / "config.json") + R"("})");
  EXPECT_EQ(stack.pull(reference()).manifest, image_.digest);
}

TEST_F(Access, CredentialsStayWithTheRegistry) {
  FakeRegistry other;
  publish(other, image_, "a/b", "v1");
  fake_.requireBasic("alice", "secret");
  fake_.redirectBlobsTo(other.host());
  TestStack stack;
  EXPECT_EQ(stack.pull(reference(), alice).manifest, image_.digest);
  ASSERT_GT(other.countOf("/blobs/"), 0u);
  for (auto& request : other.requests()) EXPECT_EQ(request.header("authorization"), "");
}

TEST_F(Access, RedirectsThatNeverEndAreRefused) {
  fake_.redirectBlobsTo(fake_.host());
  TestStack stack;
  stack.refusal(ErrorCode::INVALID, stack.startPull(reference()));
}

TEST_F(Access, MirrorIsAskedFirst) {
  FakeRegistry mirror;
  publish(mirror, image_, "a/b", "v1");
  TestStack stack(R"({"credentials": "", "backoff": 10, "hosts": [{"name": ")" + fake_.host() +
                  R"(", "mirrors": ["http://)" + mirror.host() + R"("]}]})");
  EXPECT_EQ(stack.pull(reference()).manifest, image_.digest);
  EXPECT_EQ(fake_.countOf("/v2/"), 0u);
}

TEST_F(Access, MirrorThatFailsIsPassedOver) {
  FakeRegistry mirror;
  TestStack stack(R"({"credentials": "", "backoff": 10, "hosts": [{"name": ")" + fake_.host() +
                  R"(", "mirrors": ["http://)" + mirror.host() + R"("]}]})");
  EXPECT_EQ(stack.pull(reference()).manifest, image_.digest);
  EXPECT_GT(mirror.countOf("/v2/"), 0u);
}

TEST_F(Access, PlatformIsChosenFromTheIndex) {
  SampleImage arm = makeImage({pattern(10, 7)}, {"linux", "arm64", "v8"});
  SampleImage intel = makeImage({pattern(10, 8)}, {"linux", "amd64", ""});
  publish(fake_, arm, "a/b", "");
  publish(fake_, intel, "a/b", "");
  image::Index index;
  index.mediaType = image::media::dockerIndex;
  for (auto* image : {&arm, &intel}) {
    index.manifests.push_back({image->manifest.mediaType,
                               image->digest,
                               image->manifestBytes.size(),
                               {},
                               {},
                               image->config.platform});
  }
  fake_.addManifest("a/b", "many", image::write(index), index.mediaType);
  TestStack stack;
  std::string many = fake_.host() + "/a/b:many";
  EXPECT_EQ(stack.pull(many, {}, {"linux", "arm64", ""}).manifest, arm.digest);
  auto pulled = stack.pull(many, {}, {"linux", "amd64", ""});
  EXPECT_EQ(pulled.manifest, intel.digest);
  EXPECT_EQ(pulled.index, image::digestOf(image::write(index)));
  std::string text =
      stack.refusal(ErrorCode::UNSUPPORTED, stack.startPull(many, {}, {"linux", "s390x", ""}));
  EXPECT_NE(text.find("linux/arm64/v8, linux/amd64"), std::string::npos) << text;
}

TEST_F(Access, NobodyListening) {
  std::string gone;
  {
    FakeRegistry closed;
    gone = closed.host();
  }
  TestStack stack;
  stack.refusal(ErrorCode::UNAVAILABLE, stack.startPull(gone + "/a:b"));
}

}  // namespace
}  // namespace stave::oci
