#include "image_failures.h"

#include <capnp/message.h>
#include <gtest/gtest.h>
#include <stave/error.h>

namespace stave::node {
namespace {

ObjectCopy image(const std::string& name, uint64_t generation = 1) {
  capnp::MallocMessageBuilder message;
  auto metadata = message.initRoot<schema::Object>().initMetadata();
  metadata.setKind("Image");
  metadata.setName(name.c_str());
  metadata.setUid(("uid of " + name).c_str());
  metadata.setGeneration(generation);
  return ObjectCopy(message.getRoot<schema::Object>().asReader());
}

const kj::Exception unknown = makeError(ErrorCode::NOT_FOUND, "manifest unknown");

TEST(ImageFailures, AreThoseOfOneGenerationOfOneObject) {
  ImageFailures failures;
  failures.note(image("web"), unknown);
  auto* failure = failures.of(image("web"));
  ASSERT_NE(failure, nullptr);
  EXPECT_EQ(failure->message, "manifest unknown");
  EXPECT_EQ(failure->code, ErrorCode::NOT_FOUND);
  EXPECT_EQ(failures.last("web"), failure);
  EXPECT_EQ(failures.of(image("web", 2)), nullptr);
  EXPECT_EQ(failures.of(image("db")), nullptr);
}

TEST(ImageFailures, NewOnesAreThoseAfterACount) {
  ImageFailures failures;
  failures.note(image("web"), unknown);
  auto count = failures.count();
  EXPECT_EQ(failures.after(count, "web"), nullptr);
  failures.note(image("web"), unknown);
  EXPECT_NE(failures.after(count, "web"), nullptr);
  EXPECT_EQ(failures.after(count, "db"), nullptr);
}

TEST(ImageFailures, AreTold) {
  ImageFailures failures;
  int told = 0;
  failures.onNote([&]() { ++told; });
  failures.note(image("web"), unknown);
  EXPECT_EQ(told, 1);
}

TEST(ImageFailures, OldOnesAreForgotten) {
  ImageFailures failures;
  for (int i = 1000; i > 0; --i) failures.note(image(std::to_string(i)), unknown);
  EXPECT_EQ(failures.of(image("1000")), nullptr);
  EXPECT_NE(failures.of(image("1")), nullptr);
}

}  // namespace
}  // namespace stave::node
