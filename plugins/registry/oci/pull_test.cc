#include <gtest/gtest.h>

#include "sample_image.h"
#include "test_stack.h"

/// Pulls from a registry that misbehaves by script.
namespace stave::oci {
namespace {

using std::chrono::milliseconds;

const std::string settings =
    R"({"credentials": "", "backoff": 10, "attempts": 4, "stallTimeout": 500})";

class Pull : public ::testing::Test {
 protected:
  Pull() { publish(fake_, image_, "a/b", "v1"); }

  std::string reference(const std::string& tag = "v1") { return fake_.host() + "/a/b:" + tag; }
  void expectPulled(const PulledImage& pulled) {
    EXPECT_EQ(pulled.manifest, image_.digest);
    ASSERT_EQ(pulled.layers.size(), image_.layers.size());
    for (size_t i = 0; i < pulled.layers.size(); ++i) {
      EXPECT_EQ(stack_.blob(pulled.layers[i]), image_.layers[i]);
    }
  }
  std::string blobPath(size_t layer) {
    return "GET /v2/a/b/blobs/" + image_.manifest.layers[layer].digest;
  }
  std::string refusal(ErrorCode code) {
    return stack_.refusal(code, stack_.startPull(reference()));
  }

  FakeRegistry fake_;
  SampleImage image_ = makeImage({pattern(300'000, 1), pattern(70'000, 2), ""});
  TestStack stack_{settings};
};

TEST_F(Pull, BringsEverythingIntoContent) {
  auto pulled = stack_.pull(reference());
  expectPulled(pulled);
  EXPECT_EQ(pulled.reference, reference());
  EXPECT_EQ(stack_.blob(pulled.manifest), image_.manifestBytes);
  EXPECT_EQ(stack_.blob(pulled.config), image_.configBytes);
  EXPECT_EQ(pulled.index, pulled.manifest);
}

TEST_F(Pull, SecondTimeFetchesNoLayer) {
  stack_.pull(reference());
  size_t before = fake_.countOf(blobPath(0));
  expectPulled(stack_.pull(reference()));
  EXPECT_EQ(fake_.countOf(blobPath(0)), before);
}

TEST_F(Pull, TwoAtATimeFetchALayerOnce) {
  fake_.addFault({.where = blobPath(0), .stall = milliseconds(200)});
  auto first = stack_.startPull(reference()).eagerlyEvaluate(nullptr);
  auto second = stack_.startPull(reference()).eagerlyEvaluate(nullptr);
  expectPulled(stack_.wait(kj::mv(first)));
  expectPulled(stack_.wait(kj::mv(second)));
  EXPECT_EQ(fake_.countOf(blobPath(1)), 1u);
}

TEST_F(Pull, TruncatedLayerIsResumed) {
  fake_.addFault({.where = blobPath(0), .truncateAfter = 100'000});
  expectPulled(stack_.pull(reference()));
  bool resumed = false;
  for (auto& request : fake_.requests()) {
    if (request.header("range").starts_with("bytes=")) resumed = true;
  }
  EXPECT_TRUE(resumed);
}

TEST_F(Pull, WithoutRangesItStartsAgain) {
  fake_.supportRanges(false);
  fake_.addFault({.where = blobPath(0), .times = 2, .truncateAfter = 100'000});
  expectPulled(stack_.pull(reference()));
}

TEST_F(Pull, StalledLayerIsResumed) {
  fake_.addFault({.where = blobPath(0), .stall = milliseconds(5'000)});
  expectPulled(stack_.pull(reference()));
  EXPECT_EQ(fake_.countOf(blobPath(0)), 2u);
}

TEST_F(Pull, ServerErrorsAreRepeated) {
  fake_.addFault({.where = "/manifests/", .times = 2, .status = 500});
  fake_.addFault({.where = blobPath(1), .times = 2, .status = 503});
  expectPulled(stack_.pull(reference()));
}

TEST_F(Pull, TooManyRequestsWaitAsLongAsAsked) {
  fake_.addFault({.where = "/manifests/", .status = 429, .headers = "Retry-After: 1\r\n"});
  auto begin = std::chrono::steady_clock::now();
  expectPulled(stack_.pull(reference()));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(950));
}

TEST_F(Pull, LastingErrorsHaveTheirCodes) {
  const std::pair<int, ErrorCode> cases[] = {{500, ErrorCode::UNAVAILABLE},
                                             {429, ErrorCode::EXHAUSTED},
                                             {403, ErrorCode::DENIED},
                                             {404, ErrorCode::NOT_FOUND}};
  for (auto& [status, code] : cases) {
    fake_.addFault({.where = "/manifests/",
                    .times = status == 500 || status == 429 ? 4u : 1u,
                    .status = status,
                    .body = R"({"errors":[{"message":"own words"}]})"});
    std::string text = refusal(code);
    EXPECT_NE(text.find("own words"), std::string::npos) << text;
  }
}

TEST_F(Pull, WrongBytesAreRefused) {
  fake_.addFault({.where = blobPath(1), .times = 9, .corrupt = true});
  std::string text = refusal(ErrorCode::INVALID);
  EXPECT_NE(text.find(image_.manifest.layers[1].digest), std::string::npos) << text;
  EXPECT_FALSE(stack_.hasBlob(image_.manifest.layers[1].digest));
}

TEST_F(Pull, WrongManifestIsRefused) {
  fake_.addFault({.where = "/manifests/", .corrupt = true});
  refusal(ErrorCode::INVALID);
}

TEST_F(Pull, WrongLengthIsRefused) {
  SampleImage lying = makeImage({pattern(1000, 3)});
  lying.manifest.layers[0].size = 999;
  lying.manifestBytes = image::write(lying.manifest);
  publish(fake_, lying, "a/b", "lying");
  std::string text = stack_.refusal(ErrorCode::INVALID, stack_.startPull(reference("lying")));
  EXPECT_NE(text.find("announces 1000 bytes, the manifest 999"), std::string::npos) << text;
}

TEST_F(Pull, HugeManifestIsRefused) {
  fake_.addManifest("a/b", "huge", std::string(5 << 20, ' '), "application/json");
  stack_.refusal(ErrorCode::INVALID, stack_.startPull(reference("huge")));
}

TEST_F(Pull, KilledInTheMiddleGoesOn) {
  fake_.addFault({.where = blobPath(0), .times = 1, .stall = milliseconds(3'000)});
  auto pulling = stack_.startPull(reference()).eagerlyEvaluate(nullptr);
  testing::waitUntil(
      stack_.loop(), [&] { return fake_.countOf(blobPath(0)) == 1; }, "the layer");
  testing::runFor(stack_.loop(), 200 * kj::MILLISECONDS);
  stack_.registryHarness().kill();
  stack_.refusal(ErrorCode::UNAVAILABLE, kj::mv(pulling));
  stack_.registryHarness().start();
  expectPulled(stack_.pull(reference()));
  EXPECT_NE(fake_.requests().back().line.find("/blobs/"), std::string::npos);
}

TEST_F(Pull, CancelledKeepsWhatHasArrived) {
  fake_.addFault({.where = blobPath(0), .times = 1, .stall = milliseconds(3'000)});
  {
    auto pulling = stack_.startPull(reference()).eagerlyEvaluate(nullptr);
    testing::waitUntil(
        stack_.loop(), [&] { return fake_.countOf(blobPath(0)) == 1; }, "the layer");
    testing::runFor(stack_.loop(), 200 * kj::MILLISECONDS);
  }
  expectPulled(stack_.pull(reference()));
  bool resumed = false;
  for (auto& request : fake_.requests()) resumed = resumed || request.header("range") != "";
  EXPECT_TRUE(resumed);
}

}  // namespace
}  // namespace stave::oci
