#include "content_server.h"

#include "state_fixture.h"

namespace stave::local {
namespace {

struct Serving : StateTest {
  ~Serving() noexcept override {}

  kj::Own<ContentState> state = open();
  schema::Content::Client content = kj::heap<ContentServer>(kj::addRef(*state));

  template <typename Request>
  auto call(Request&& request) {
    return testing::wait(loop, request.send().dropPipeline());
  }
  auto openRequest(const std::string& digest) {
    auto request = content.openRequest();
    request.setDigest(digest.c_str());
    return request;
  }
  auto ingest(const std::string& digest) {
    auto request = content.ingestRequest();
    request.setDigest(digest.c_str());
    request.setOwner("test");
    return call(request);
  }
};

TEST_F(Serving, ABlobRemovedBehindItsBackIsForgotten) {
  auto digest = putKnown(*state, "hello");
  state->blobs()->discard(image::parseDigest(digest, "test"));
  EXPECT_EQ(testing::codeOfFailure(loop, openRequest(digest).send().dropPipeline()),
            ErrorCode::NOT_FOUND);
  EXPECT_EQ(call(content.listRequest()).getBlobs().size(), 0u);
  EXPECT_EQ(call(content.usageRequest()).getBytes(), 0u);
}

TEST_F(Serving, TellsWhetherABlobIsThereOrOnItsWay) {
  auto there = putKnown(*state, "hello"), missing = image::digestOf("missing");
  EXPECT_EQ(ingest(there).getUnion().getExists(), 5u);
  auto first = ingest(missing);
  EXPECT_TRUE(first.getUnion().isWriter());
  auto second = ingest(missing);
  EXPECT_TRUE(second.getUnion().isBusy());
}

TEST_F(Serving, EachBlobWithoutADigestHasAWriterOfItsOwn) {
  auto first = ingest(""), second = ingest("");
  EXPECT_TRUE(first.getUnion().isWriter());
  EXPECT_TRUE(second.getUnion().isWriter());
}

TEST_F(Serving, ACompleteBlobIsFollowedToItsEndAtOnce) {
  auto digest = putKnown(*state, "hello");
  auto request = content.followRequest();
  request.setDigest(digest.c_str());
  auto response = call(request);
  EXPECT_TRUE(response.getComplete());
  EXPECT_EQ(response.getSize(), 5u);
  EXPECT_TRUE(call(response.getDone().waitRequest()).getComplete());
}

TEST_F(Serving, UsageTellsWhatIsHeldAndWhatIsUnfinished) {
  auto held = putKnown(*state, "hello");
  putKnown(*state, "free");
  state->holds().add({"keep", {held}});
  auto unfinished = image::digestOf("unfinished");
  {
    auto opened = state->ingests()->open(IngestDirectory::keyOf(unfinished), unfinished, 10);
    os::writeAllAt(opened.file.get(), "par", 3, 0);
  }
  auto usage = call(content.usageRequest());
  EXPECT_EQ(usage.getBlobs(), 2u);
  EXPECT_EQ(usage.getBytes(), 9u);
  EXPECT_EQ(usage.getHeldBytes(), 5u);
  EXPECT_EQ(usage.getIngestBytes(), 3u);
  EXPECT_GT(usage.getAvailable(), 0u);
}

TEST_F(Serving, ReleasingWhatIsNotHeldDoesNothing) {
  auto request = content.releaseRequest();
  request.setName("nobody");
  call(request);
  EXPECT_EQ(call(content.holdsRequest()).getHolds().size(), 0u);
}

TEST_F(Serving, WhatIsNoDigestIsRefused) {
  for (auto text : {"", "hello", "sha256:xyz", "md5:00"}) {
    EXPECT_EQ(testing::codeOfFailure(loop, openRequest(text).send().dropPipeline()),
              ErrorCode::INVALID)
        << text;
  }
}

}  // namespace
}  // namespace stave::local
