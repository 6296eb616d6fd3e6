#pragma once

#include <stave/image/blobs.h>
#include <stave/image/progress.h>
#include <stave/plugin.h>

#include "download.h"
#include "source_record.h"

namespace stave::oci {

/// What the loop's side of this plug-in shares.
struct Workplace {
  Context& context;
  std::shared_ptr<Services> services;
  std::shared_ptr<SourceRecord> sources;
  schema::Content::Client content;
  WorkerPool& control;    ///< for short exchanges: manifests, tags, logins
  WorkerPool& transfers;  ///< for layers; as many threads as transfers at a time
};

/// One pull. Belongs to the coroutine that runs it.
class Puller {
 public:
  Puller(Workplace& workplace, image::Reference reference, Caller caller,
         kj::Own<image::ProgressReporter> reporter);

  /// Resolves and stores all but the layers. `image` is filled then, and everything is held.
  Task<> resolve(image::Platform platform);

  /// Begins the ingest of every layer, so that whoever hears of the image can follow them.
  Task<> beginLayers();
  Task<> finishLayers();

  const image::Resolved& image() const { return *image_; }

 private:
  /// One distinct layer: neither of the two is set when it is there.
  struct Layer {
    image::Descriptor descriptor;
    kj::Maybe<schema::Ingest::Client> ingest = nullptr;
    kj::Maybe<schema::Waiter::Client> busy = nullptr;
  };
  Task<> begin(Layer& layer);
  Task<> finish(Layer& layer);
  Task<> write(image::Descriptor layer, schema::Ingest::Client ingest);
  Task<> watch(std::string item, uint64_t total, SharedCounter counter);
  void report(const image::Descriptor& layer, const char* phase, uint64_t current);
  std::string owner() const { return "pull " + reference_.text(); }

  Workplace& workplace_;
  image::Reference reference_;
  Caller caller_;
  CancelOnExit cancelOnExit_;
  kj::Own<image::ProgressReporter> reporter_;
  std::shared_ptr<image::Resolved> image_;
  kj::Maybe<schema::Hold::Client> hold_;
  std::deque<Layer> layers_;
};

/// Waits for all, or for the first that fails.
kj::Promise<void> joinOrFail(kj::Array<kj::Promise<void>> promises);

/// A blob's name in a progress report: the first twelve digits.
std::string shortName(const std::string& digest);

}  // namespace stave::oci
