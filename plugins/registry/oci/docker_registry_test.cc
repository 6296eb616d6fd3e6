#include <gtest/gtest.h>
#include <stave/image/digest.h>
#include <stave/os/file.h>

#include <cstdlib>

#include "real_registry.h"
#include "test_stack.h"

/// Against Debian's docker-registry, with skopeo as the other client.
namespace stave::oci {
namespace {

const Credentials alice{"alice", "wonder land", ""};

class DockerRegistry : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!RealRegistry::isInstalled())
      GTEST_SKIP() << "docker-registry, skopeo or htpasswd is missing";
    registry_.emplace(alice.username, alice.password);
    layout_ = registry_->makeLayout(3, 2 << 20);
  }

  std::optional<RealRegistry> registry_;
  std::string layout_;
  TestStack stack_;
};

TEST_F(DockerRegistry, PullsWhatSkopeoPushed) {
  registry_->skopeoCopy("oci:" + layout_ + ":latest", "a/b:v1");
  auto image = stack_.pull(registry_->host() + "/a/b:v1", alice);
  EXPECT_EQ(image.manifest, registry_->skopeoDigest("a/b:v1"));
  ASSERT_EQ(image.layers.size(), 3u);
  for (auto& layer : image.layers) EXPECT_EQ(image::digestOf(stack_.blob(layer)), layer);
  EXPECT_EQ(image::digestOf(stack_.blob(image.config)), image.config);
}

TEST_F(DockerRegistry, PushesWhatSkopeoPulls) {
  registry_->skopeoCopy("oci:" + layout_ + ":latest", "a/b:v1");
  auto image = stack_.pull(registry_->host() + "/a/b:v1", alice);
  EXPECT_EQ(stack_.push(image.manifest, registry_->host() + "/c/d:v2", alice), image.manifest);
  EXPECT_EQ(registry_->skopeoDigest("c/d:v2"), image.manifest);
  registry_->skopeoFetch("c/d:v2");
  EXPECT_EQ(stack_.push(image.manifest, registry_->host() + "/c/d:v2", alice), image.manifest);
}

TEST_F(DockerRegistry, SaysWhatIsWrong) {
  std::string host = registry_->host();
  stack_.refusal(ErrorCode::UNAUTHORIZED, stack_.startPull(host + "/a/b:v1"));
  stack_.refusal(ErrorCode::UNAUTHORIZED, stack_.startPull(host + "/a/b:v1", {"alice", "no", ""}));
  std::string text =
      stack_.refusal(ErrorCode::NOT_FOUND, stack_.startPull(host + "/a/b:v1", alice));
  EXPECT_NE(text.find("manifest unknown"), std::string::npos) << text;
}

TEST_F(DockerRegistry, ChecksAndLists) {
  registry_->skopeoCopy("oci:" + layout_ + ":latest", "a/b:v1");
  registry_->skopeoCopy("oci:" + layout_ + ":latest", "a/b:v2");
  auto check = stack_.registry().checkRequest();
  check.setHost(registry_->host().c_str());
  fillCredentials(alice, check.initCredentials());
  stack_.wait(check.send().ignoreResult());
  auto tags = stack_.registry().tagsRequest();
  tags.setRepository((registry_->host() + "/a/b").c_str());
  fillCredentials(alice, tags.initCredentials());
  size_t count = stack_.wait(tags.send().then([](auto&& reply) { return reply.getTags().size(); }));
  EXPECT_EQ(count, 2u);
}

}  // namespace
}  // namespace stave::oci
