#include <gtest/gtest.h>

#include <algorithm>

#include "content_fixture.h"

/// The `content` contract: what is kept, and what is collected.
namespace stave::conformance {

TEST(ContentConformance, WhatNothingHoldsIsCollected) {
  ContentClient content;
  std::string held = content.put("held"), loose = content.put("loose");
  auto hold = content.hold({held}, "test");
  EXPECT_EQ(content.collectAll(), 1u);
  EXPECT_TRUE(content.has(held));
  EXPECT_FALSE(content.has(loose));
}

TEST(ContentConformance, TransientHoldEndsWithItsReference) {
  ContentClient content;
  std::string digest = content.put("held");
  {
    auto hold = content.hold({digest}, "test");
    EXPECT_EQ(content.collectAll(), 0u);
  }
  waitUntil([&] { return content.holdNames().empty(); }, "the hold to end");
  EXPECT_EQ(content.collectAll(), 1u);
}

TEST(ContentConformance, HoldCoversWhatComesLater) {
  ContentClient content;
  auto hold = content.hold({image::digestOf("later")}, "test");
  std::string digest = content.put("later"), another = content.put("another");
  auto add = hold.addRequest();
  add.initDigests(1).set(0, another.c_str());
  wait(add.send());
  EXPECT_EQ(content.collectAll(), 0u);
  EXPECT_TRUE(content.has(digest));
}

TEST(ContentConformance, PersistentHoldSurvivesAKill) {
  std::string digest;
  {
    ContentClient content;
    digest = content.put("kept");
    content.hold({digest}, "image debian", true);
  }
  restartSubject();
  ContentClient content;
  EXPECT_EQ(content.collectAll(), 0u);
  EXPECT_EQ(content.holdNames(), std::vector<std::string>{"image debian"});
  content.release("image debian");
  EXPECT_EQ(content.collectAll(), 1u);
}

TEST(ContentConformance, ReleasedHoldStaysReleased) {
  {
    ContentClient content;
    content.hold({content.put("kept")}, "image", true);
    content.release("image");
    content.release("image");
    content.release("never was");
  }
  restartSubject();
  ContentClient content;
  EXPECT_TRUE(content.holdNames().empty());
}

TEST(ContentConformance, PersistentNameIsReplaced) {
  ContentClient content;
  std::string first = content.put("first"), second = content.put("second");
  content.hold({first}, "image", true);
  content.hold({second}, "image", true);
  EXPECT_EQ(content.holdNames().size(), 1u);
  EXPECT_EQ(content.collectAll(), 1u);
  EXPECT_TRUE(content.has(second));
}

TEST(ContentConformance, AdditionToAPersistentHoldIsPersistent) {
  std::string digest;
  {
    ContentClient content;
    digest = content.put("added");
    auto hold = content.hold({}, "image", true);
    auto add = hold.addRequest();
    add.initDigests(1).set(0, digest.c_str());
    wait(add.send());
  }
  restartSubject();
  ContentClient content;
  EXPECT_EQ(content.collectAll(), 0u);
  EXPECT_TRUE(content.has(digest));
}

TEST(ContentConformance, PersistentHoldNeedsAName) {
  ContentClient content;
  auto request = content.content.holdRequest();
  request.setPersistent(true);
  EXPECT_EQ(failureOf(request.send()), ErrorCode::INVALID);
}

TEST(ContentConformance, BlobOnItsWayIsNotCollected) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  auto writer = content.beginWriting(digest, 5);
  writer.write("he", 0);
  content.collectAll();
  writer.write("llo", 2);
  wait(writer.commit(digest, 5));
  EXPECT_EQ(content.get(digest), "hello");
}

TEST(ContentConformance, OpenBlobIsReadableAfterItIsCollected) {
  ContentClient content;
  std::string digest = content.put("hello");
  auto request = content.content.openRequest();
  request.setDigest(digest.c_str());
  auto reply = wait(request.send(), "open");
  auto fd = wait(takeFd(reply.getBlob(), "the blob").promise());
  EXPECT_EQ(content.collectAll(), 1u);
  EXPECT_EQ(os::readAll(fd.get()), "hello");
}

TEST(ContentConformance, CollectedBlobCanComeAgain) {
  ContentClient content;
  std::string digest = content.put("hello");
  EXPECT_EQ(content.collectAll(), 1u);
  EXPECT_EQ(content.put("hello"), digest);
  EXPECT_EQ(content.get(digest), "hello");
}

TEST(ContentConformance, ListAndUsageAgree) {
  ContentClient content;
  std::string held = content.put("12345"), loose = content.put("123");
  auto hold = content.hold({held}, "test");
  auto writer = content.beginWriting(image::digestOf("hello"), 5);
  writer.write("he", 0);
  auto list = wait(content.content.listRequest().send(), "list");
  ASSERT_EQ(list.getBlobs().size(), 2u);
  for (auto blob : list.getBlobs()) {
    bool isHeld = held == blob.getDigest().cStr();
    EXPECT_EQ(blob.getHolds(), isHeld ? 1u : 0u);
    EXPECT_EQ(blob.getSize(), isHeld ? 5u : 3u);
    EXPECT_GT(blob.getCreated(), 0);
  }
  auto usage = wait(content.content.usageRequest().send(), "usage");
  EXPECT_EQ(usage.getBlobs(), 2u);
  EXPECT_EQ(usage.getBytes(), 8u);
  EXPECT_EQ(usage.getHeldBytes(), 5u);
  EXPECT_EQ(usage.getIngestBytes(), 2u);
  EXPECT_GT(usage.getAvailable(), 0u);
}

}  // namespace stave::conformance
