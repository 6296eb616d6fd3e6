#pragma once

#include <stave/image/blobs.h>
#include <stave/loop.h>
#include <stave/schema/registry.capnp.h>
#include <stave/testing/fake_broker.h>
#include <stave/testing/plugin_harness.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/wait.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "credentials.h"

namespace stave::oci {

/// What a test looks at of a ResolvedImage.
struct PulledImage {
  std::string reference, manifest, config, index;
  std::vector<std::string> layers, diffIds;
};

/// This plug-in with a real content plug-in beside it, both as the kernel would start them.
class TestStack {
 public:
  explicit TestStack(std::string settings = R"({"credentials": "", "backoff": 10})");

  Loop& loop() { return loop_; }
  testing::FakeBroker& broker() { return broker_; }
  testing::PluginHarness& contentHarness() { return content_; }
  testing::PluginHarness& registryHarness() { return registry_; }
  schema::Registry::Client registry() { return registry_.service<schema::Registry>(); }
  schema::Content::Client content() { return content_.service<schema::Content>(); }

  PulledImage pull(const std::string& reference, const Credentials& credentials = {},
                   const image::Platform& platform = {});
  kj::Promise<PulledImage> startPull(std::string reference, Credentials credentials = {},
                                     image::Platform platform = {});
  std::string push(const std::string& digest, const std::string& reference,
                   const Credentials& credentials = {});

  std::string blob(const std::string& digest);
  bool hasBlob(const std::string& digest);

  template <typename T>
  T wait(kj::Promise<T> promise) {
    return testing::wait(loop_, kj::mv(promise), "the plug-in", 60 * kj::SECONDS);
  }

  /// The error's text; its code must be the one given.
  template <typename T>
  std::string refusal(ErrorCode code, kj::Promise<T> promise) {
    auto failure = kj::runCatchingExceptions([&] { (void)wait(kj::mv(promise)); });
    KJ_IF_MAYBE (exception, failure) {
      if (codeOf(*exception) != code) kj::throwFatalException(kj::mv(*exception));
      return textOf(*exception);
    }
    fail(ErrorCode::INTERNAL, "it succeeded, and should not have");
  }

 private:
  Loop loop_;
  testing::FakeBroker broker_;
  testing::PluginHarness content_;
  testing::PluginHarness registry_;
};

void fillCredentials(const Credentials& credentials, schema::Credentials::Builder target);

}  // namespace stave::oci
