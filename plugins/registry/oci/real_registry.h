#pragma once

#include <stave/os/process.h>
#include <stave/testing/temp_directory.h>

#include <string>
#include <vector>

namespace stave::oci {

/// Debian's docker-registry on a loopback port, with one user, and skopeo to talk to it.
class RealRegistry {
 public:
  static bool isInstalled();

  RealRegistry(const std::string& username, const std::string& password);
  ~RealRegistry();
  RealRegistry(const RealRegistry&) = delete;
  RealRegistry& operator=(const RealRegistry&) = delete;

  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

  /// An image layout directory with an image "latest" of random layers.
  std::string makeLayout(unsigned layers, size_t layerBytes);

  void skopeoCopy(const std::string& source, const std::string& repositoryAndTag);
  void skopeoFetch(const std::string& repositoryAndTag);
  std::string skopeoDigest(const std::string& repositoryAndTag);

 private:
  void start();
  std::string output(const std::string& command);
  void run(const std::string& command);

  testing::TempDirectory directory_{"registry"};
  std::string login_;
  unsigned port_;
  int pid_ = 0;
};

}  // namespace stave::oci
