#pragma once

#include "download.h"

namespace stave::oci {

/// One blob on its way to a registry. Blocks: for worker threads.
class Upload {
 public:
  Upload(image::Descriptor blob, int file, SharedCounter progress);

  /// How the blob came to be there.
  enum class Outcome { existed, mounted, sent };

  /// `mountFrom`: repositories of the same registry that are thought to have it.
  Outcome to(Repository& repository, const std::vector<std::string>& mountFrom);

 private:
  bool exists(Repository& repository);
  std::string begin(Repository& repository, const std::string& mountFrom);
  void send(Repository& repository, std::string location);
  void sendWhole(Repository& repository, const std::string& location);
  void sendChunks(Repository& repository, std::string location);
  HttpResponse sendChunk(Repository& repository, const std::string& location, uint64_t size);
  void findPosition(Repository& repository, const std::string& location);
  void finish(Repository& repository, const std::string& location);
  HttpRequest bodyRequest(uint64_t size) const;
  std::string describe(const Repository& repository) const;

  image::Descriptor blob_;
  int file_;
  SharedCounter progress_;
  uint64_t position_ = 0;
};

/// Puts a manifest or index under a tag or digest; gives the digest by which the registry knows it.
std::string putManifest(Repository& repository, const image::Document& document,
                        const std::string& identifier);

}  // namespace stave::oci
