#pragma once

#include <stave/schema/registry.capnp.h>
#include <stave/testing/temp_directory.h>

#include <memory>

#include "content_fixture.h"

namespace stave::conformance {

/// An image in content, ready to be pushed.
struct SampleImage {
  std::string digest, configDigest;
  std::vector<std::string> layers;
};

/// The registry under test and somewhere that it can push to: the environment variable
/// STAVE_REGISTRY_PLACE, in which "%" stands for a name ("127.0.0.1:5000/test:%"), or else a
/// directory.
class RegistryPlace {
 public:
  std::string reference(const std::string& name) const;
  ContentClient content() const;

  SampleImage makeImage(const std::vector<std::string>& layers);
  void forgetAll(const SampleImage& image);  ///< so that content has nothing of it any more

  /// These give the digest of the image's configuration.
  std::string resolve(const std::string& reference);
  std::string pull(const std::string& reference,
                   std::shared_ptr<std::vector<std::string>> heard = nullptr);
  void push(const std::string& digest, const std::string& reference);
  std::string normalize(const std::string& reference);

  kj::Promise<std::string> startPull(const std::string& reference,
                                     const std::string& architecture = "",
                                     std::shared_ptr<std::vector<std::string>> heard = nullptr);
  kj::Promise<void> startPush(const std::string& digest, const std::string& reference);
  kj::Promise<std::string> startNormalize(const std::string& reference);

 private:
  testing::TempDirectory directory_{"registry"};
};

}  // namespace stave::conformance
