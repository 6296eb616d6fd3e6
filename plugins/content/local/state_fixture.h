#pragma once

#include <gtest/gtest.h>
#include <stave/image/digest.h>
#include <stave/loop.h>
#include <stave/os/positioned_io.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/test_context.h>
#include <stave/testing/wait.h>

#include <optional>

#include "content_state.h"

namespace stave::local {

/// A content store's state in a directory of its own.
struct StateTest : ::testing::Test {
  ~StateTest() noexcept override {}

  Loop loop;
  testing::TempDirectory directory{"content"};
  testing::TestContext context{loop, directory.path()};
  capnp::MallocMessageBuilder message;
  schema::LocalContentSettings::Builder settings = message.initRoot<schema::LocalContentSettings>();

  kj::Own<ContentState> open() { return kj::refcounted<ContentState>(context, settings); }

  /// Puts a blob there as another instance would; returns its digest.
  std::string put(ContentState& state, const std::string& bytes) {
    auto digest = image::digestOf(bytes);
    auto file = directory / ("new-" + digest.substr(7, 8));
    os::replaceFile(file, bytes);
    state.blobs()->adopt(file, image::parseDigest(digest, "test"));
    return digest;
  }
  std::string putKnown(ContentState& state, const std::string& bytes) {
    auto digest = put(state, bytes);
    EXPECT_TRUE(state.find(digest));
    return digest;
  }
  template <typename T>
  T wait(kj::Promise<T> promise) {
    return testing::wait(loop, kj::mv(promise));
  }
};

}  // namespace stave::local
