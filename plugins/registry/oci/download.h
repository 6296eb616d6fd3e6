#pragma once

#include <stave/image/digest.h>
#include <stave/os/direct_io.h>

#include <atomic>

#include "repository.h"

namespace stave::oci {

/// Bytes done, for whoever looks from the loop's thread.
using SharedCounter = std::shared_ptr<std::atomic<uint64_t>>;

/// One blob on its way into a file: hashed as it comes, resumed where it broke off. Blocks: for
/// worker threads.
class Download : private BodySink {
 public:
  /// `offset`: bytes that the file has already.
  Download(image::Descriptor blob, int file, uint64_t offset, SharedCounter progress);

  /// Goes on until the file holds the whole blob with the right digest. Fails as the registry does,
  /// and [invalid] for wrong content; what was good stays in the file, for another endpoint to go
  /// on.
  void from(Repository& repository);

  /// From one of the blob's own URLs, without credentials.
  void from(Repository& repository, const std::string& url);

 private:
  void begin(const HttpHead& head) override;
  void take(const char* data, size_t size) override;

  void hashWhatIsThere();
  void restart();
  bool attempt(Repository& repository, const std::string& url);
  void fetch(Repository& repository, const std::string& url);
  bool verify();
  [[noreturn]] void refuse(const std::string& why) const;
  [[noreturn]] void giveUp(Repository& repository, const std::string& reason) const;

  image::Descriptor blob_;
  int file_;
  uint64_t position_;  ///< of the next byte to come
  os::DirectWriter writer_;
  SharedCounter progress_;
  image::Hasher hasher_;
  std::optional<HttpResponse> refusal_;  ///< the last temporary one; says how long to wait
};

}  // namespace stave::oci
