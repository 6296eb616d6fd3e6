#pragma once

#include "puller.h"
#include "upload.h"

namespace stave::oci {

/// One push. Belongs to the coroutine that runs it.
class Pusher {
 public:
  Pusher(Workplace& workplace, image::Reference reference, Caller caller,
         kj::Own<image::ProgressReporter> reporter);

  /// Of a manifest, or of an index with everything in it. Gives the digest.
  Task<std::string> push(std::string digest);

 private:
  Task<image::Document> load(std::string digest);
  Task<> pushDocument(image::Document document, std::string identifier, unsigned depth);
  Task<> pushBlobs(image::Document document);
  Task<> pushBlob(image::Descriptor blob);
  Task<> watch(std::string item, uint64_t total, SharedCounter counter);

  Workplace& workplace_;
  image::Reference reference_;
  Caller caller_;
  CancelOnExit cancelOnExit_;
  kj::Own<image::ProgressReporter> reporter_;
  std::vector<std::string> pushed_;
};

}  // namespace stave::oci
