#include <gtest/gtest.h>

#include "content_fixture.h"

/// The `content` contract: blobs and how they come. Holds and collection have a suite of their own.
namespace stave::conformance {

TEST(ContentConformance, WhatWasPutIsRead) {
  ContentClient content;
  std::string digest = content.put("hello");
  EXPECT_EQ(content.get(digest), "hello");
  EXPECT_TRUE(content.has(digest));
  auto begun = content.begin(digest, 5);
  EXPECT_EQ(begun.exists, 5u);
}

TEST(ContentConformance, EmptyBlob) {
  ContentClient content;
  std::string digest = content.put("");
  EXPECT_EQ(content.get(digest), "");
  EXPECT_EQ(content.begin(digest).exists, 0u);
}

TEST(ContentConformance, UnknownBlobIsNotFound) {
  ContentClient content;
  std::string digest = image::digestOf("nobody put me");
  EXPECT_EQ(failureOf(content.stat(digest)), ErrorCode::NOT_FOUND);
  EXPECT_EQ(failureOf(content.open(digest)), ErrorCode::NOT_FOUND);
  EXPECT_EQ(failureOf(content.follow(digest)), ErrorCode::NOT_FOUND);
}

TEST(ContentConformance, WhatIsNoDigestIsInvalid) {
  ContentClient content;
  for (std::string text :
       {"../../../etc/passwd", "sha256:abc", "md5:d41d8cd98f00b204e9800998ecf8427e"}) {
    EXPECT_EQ(failureOf(content.stat(text)), ErrorCode::INVALID) << text;
    EXPECT_EQ(failureOf(content.open(text)), ErrorCode::INVALID) << text;
  }
}

TEST(ContentConformance, UnfinishedBlobIsNotThere) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  auto writer = content.beginWriting(digest, 5);
  writer.write("hello", 0);
  EXPECT_FALSE(content.has(digest));
}

TEST(ContentConformance, WrongContentIsDiscarded) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  auto writer = content.beginWriting(digest, 5);
  writer.write("jello", 0);
  EXPECT_EQ(failureOf(writer.commit(digest, 5)), ErrorCode::INVALID);
  EXPECT_FALSE(content.has(digest));
  writer.file = nullptr;
  EXPECT_EQ(content.beginWriting(digest, 5).offset, 0u);
}

TEST(ContentConformance, WrongSizeIsDiscardedEvenWhenVerified) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  auto writer = content.beginWriting(digest);
  writer.write("hello", 0);
  EXPECT_EQ(failureOf(writer.commit(digest, 4, true)), ErrorCode::INVALID);
  EXPECT_FALSE(content.has(digest));
}

TEST(ContentConformance, DigestMayBecomeKnownAtTheEnd) {
  ContentClient content;
  auto first = content.beginWriting("");
  auto second = content.beginWriting("");
  first.write("one", 0);
  second.write("two", 0);
  wait(first.commit(image::digestOf("one"), 3));
  wait(second.commit(image::digestOf("two"), 3));
  EXPECT_EQ(content.get(image::digestOf("one")), "one");
  EXPECT_EQ(content.get(image::digestOf("two")), "two");
}

TEST(ContentConformance, CommitOfAnotherDigestIsInvalid) {
  ContentClient content;
  auto writer = content.beginWriting(image::digestOf("one"));
  writer.write("two", 0);
  EXPECT_EQ(failureOf(writer.commit(image::digestOf("two"), 3)), ErrorCode::INVALID);
  EXPECT_FALSE(content.has(image::digestOf("one")));
}

TEST(ContentConformance, OneWritesTheOthersWait) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  auto writer = content.beginWriting(digest, 5);
  auto other = content.begin(digest, 5);
  auto& waiter = KJ_ASSERT_NONNULL(other.busy);
  auto waiting = waiter.waitRequest().send();
  writer.write("hello", 0);
  wait(writer.commit(digest, 5));
  EXPECT_TRUE(wait(kj::mv(waiting), "the writer").getComplete());
  EXPECT_TRUE(waitFor(waiter)) << "may be asked again";
}

TEST(ContentConformance, WhoGivesUpMakesRoomForAnother) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  kj::Maybe<schema::Waiter::Client> waiter;
  {
    auto writer = content.beginWriting(digest, 5);
    writer.write("he", 0);
    waiter = content.begin(digest, 5).busy;
  }
  EXPECT_FALSE(waitFor(KJ_ASSERT_NONNULL(waiter)));
  auto writer = content.beginWriting(digest, 5);
  EXPECT_EQ(writer.offset, 2u);
  writer.write("llo", 2);
  wait(writer.commit(digest, 5));
  EXPECT_EQ(content.get(digest), "hello");
}

TEST(ContentConformance, AbandonedBytesAreGone) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  {
    auto writer = content.beginWriting(digest, 5);
    writer.write("he", 0);
    wait(writer.ingest.abandonRequest().send());
  }
  EXPECT_EQ(content.beginWriting(digest, 5).offset, 0u);
}

TEST(ContentConformance, FinishedIngestTakesNothingMore) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  auto writer = content.beginWriting(digest, 5);
  writer.write("hello", 0);
  wait(writer.commit(digest, 5));
  failureOf(writer.commit(digest, 5), "a second commit");
  EXPECT_EQ(content.get(digest), "hello");
}

TEST(ContentConformance, GrowingBlobCanBeFollowed) {
  ContentClient content;
  std::string digest = image::digestOf("hello");
  auto writer = content.beginWriting(digest, 5);
  writer.write("he", 0);
  auto request = content.content.followRequest();
  request.setDigest(digest.c_str());
  auto reply = wait(request.send(), "follow");
  EXPECT_FALSE(reply.getComplete());
  EXPECT_EQ(reply.getSize(), 5u);
  auto fd = wait(takeFd(reply.getBlob(), "the blob").promise());
  EXPECT_EQ(os::readAll(fd.get()), "he");
  writer.write("llo", 2);
  EXPECT_EQ(os::readAll(fd.get()), "llo");
  wait(writer.commit(digest, 5));
  EXPECT_TRUE(waitFor(reply.getDone()));
}

TEST(ContentConformance, CompleteBlobCanBeFollowedToo) {
  ContentClient content;
  std::string digest = content.put("hello");
  auto request = content.content.followRequest();
  request.setDigest(digest.c_str());
  auto reply = wait(request.send(), "follow");
  EXPECT_TRUE(reply.getComplete());
  EXPECT_TRUE(waitFor(reply.getDone()));
  EXPECT_EQ(os::readAll(wait(takeFd(reply.getBlob(), "the blob").promise())), "hello");
}

TEST(ContentConformance, WhatCannotFitIsRefused) {
  ContentClient content;
  auto request = content.content.ingestRequest();
  request.setDigest(image::digestOf("huge").c_str());
  request.setSize(1ull << 60);
  EXPECT_EQ(failureOf(request.send()), ErrorCode::EXHAUSTED);
}

TEST(ContentConformance, BlobsSurviveAKill) {
  std::string digest, unfinished = image::digestOf("hello");
  {
    ContentClient content;
    digest = content.put("kept");
    auto writer = content.beginWriting(unfinished, 5);
    writer.write("he", 0);
    writer.file = nullptr;
    killSubject();
  }
  restartSubject();
  ContentClient content;
  EXPECT_EQ(content.get(digest), "kept");
  EXPECT_FALSE(content.has(unfinished));
  auto writer = content.beginWriting(unfinished, 5);
  EXPECT_EQ(writer.offset, 2u);
  writer.write("llo", 2);
  wait(writer.commit(unfinished, 5));
  EXPECT_EQ(content.get(unfinished), "hello");
}

TEST(ContentConformance, WriterFromBeforeAKillCannotSpoilTheNext) {
  std::string digest = image::digestOf("hello");
  os::Fd old;
  {
    ContentClient content;
    auto writer = content.beginWriting(digest, 5);
    old = kj::mv(writer.file);
    killSubject();
  }
  restartSubject();
  ContentClient content;
  auto writer = content.beginWriting(digest, 5);
  writer.write("hello", 0);
  os::writeAll(old.get(), "XXXXX", 5);
  wait(writer.commit(digest, 5));
  EXPECT_EQ(content.get(digest), "hello");
}

}  // namespace stave::conformance
