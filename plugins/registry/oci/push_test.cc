#include <gtest/gtest.h>

#include "sample_image.h"
#include "test_stack.h"

namespace stave::oci {
namespace {

const std::string settings =
    R"({"credentials": "", "backoff": 10, "attempts": 4, "chunkBytes": 65536})";

class Push : public ::testing::Test {
 protected:
  Push() {
    publish(source_, image_, "a/b", "v1");
    stack_.pull(source_.host() + "/a/b:v1");
  }
  void expectPushed(FakeRegistry& registry, const std::string& repository) {
    EXPECT_EQ(registry.manifestOf(repository, "v2"), image_.manifestBytes);
    for (auto& layer : image_.manifest.layers) EXPECT_TRUE(registry.hasBlob(layer.digest));
    EXPECT_TRUE(registry.hasBlob(image_.manifest.config.digest));
  }
  std::string push(FakeRegistry& registry, const std::string& repository) {
    return stack_.push(image_.digest, registry.host() + "/" + repository + ":v2");
  }

  FakeRegistry source_, target_;
  SampleImage image_ = makeImage({pattern(200'000, 1), pattern(1'000, 2)});
  TestStack stack_{settings};
};

TEST_F(Push, SendsWhatIsMissing) {
  EXPECT_EQ(push(target_, "c/d"), image_.digest);
  expectPushed(target_, "c/d");
  EXPECT_EQ(target_.countOf("PATCH"), 4u) << "200,000 bytes in chunks of 65,536";
}

TEST_F(Push, SecondTimeSendsNothing) {
  push(target_, "c/d");
  size_t before = target_.countOf("POST");
  push(target_, "c/d");
  EXPECT_EQ(target_.countOf("POST"), before);
}

TEST_F(Push, BrokenChunkIsResumed) {
  target_.addFault({.where = "PATCH", .times = 2, .status = 500});
  push(target_, "c/d");
  expectPushed(target_, "c/d");
}

TEST_F(Push, BrokenWholeIsRepeated) {
  target_.addFault({.where = "PUT /v2/c/d/blobs", .times = 2, .status = 503});
  push(target_, "c/d");
  expectPushed(target_, "c/d");
}

TEST_F(Push, SisterRepositoryIsMountedFrom) {
  source_.addFault({.where = "HEAD", .times = 3, .status = 404});
  push(source_, "sister");
  EXPECT_EQ(source_.countOf("PATCH"), 0u);
  EXPECT_EQ(source_.countOf("POST"), 3u);
  EXPECT_EQ(source_.manifestOf("sister", "v2"), image_.manifestBytes);
}

TEST_F(Push, Bearer) {
  target_.requireBearer("alice", "secret");
  std::string reference = target_.host() + "/c/d:v2";
  EXPECT_EQ(stack_.push(image_.digest, reference, {"alice", "secret", ""}), image_.digest);
  expectPushed(target_, "c/d");
}

TEST_F(Push, WhatIsNotThereIsNotFound) {
  auto request = stack_.registry().pushRequest();
  request.setManifestDigest(image::digestOf("nothing").c_str());
  request.setReference((target_.host() + "/c/d:v2").c_str());
  stack_.refusal(ErrorCode::NOT_FOUND, request.send().ignoreResult());
}

TEST_F(Push, TagsComePageByPage) {
  for (char tag : std::string("abcdefg")) {
    target_.addManifest("p/q", std::string(1, tag), image_.manifestBytes,
                        image_.manifest.mediaType);
  }
  target_.pageTagsBy(3);
  auto request = stack_.registry().tagsRequest();
  request.setRepository((target_.host() + "/p/q").c_str());
  size_t count =
      stack_.wait(request.send().then([](auto&& reply) { return reply.getTags().size(); }));
  EXPECT_EQ(count, 7u);
  EXPECT_EQ(target_.countOf("/tags/list"), 3u);
}

TEST_F(Push, SearchWhereItIsOffered) {
  auto search = [&] {
    auto request = stack_.registry().searchRequest();
    request.setTerm((target_.host() + "/debian").c_str());
    request.setLimit(1);
    return request.send().then([](auto&& reply) {
      return std::string(reply.getResults().size() == 1 ? reply.getResults()[0].getName().cStr()
                                                        : "");
    });
  };
  stack_.refusal(ErrorCode::UNSUPPORTED, search());
  target_.offerSearch(
      R"({"results":[{"name":"debian","star_count":3,"is_official":true},{"name":"x"}]})");
  EXPECT_EQ(stack_.wait(search()), "debian");
}

}  // namespace
}  // namespace stave::oci
