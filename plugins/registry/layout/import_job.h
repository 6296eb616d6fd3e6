#pragma once

#include <stave/image/blobs.h>
#include <stave/image/progress.h>
#include <stave/plugin.h>

#include "image_source.h"

namespace stave::layout {

/// One image on its way from a source into content. Belongs to the coroutine that runs it.
class ImportJob {
 public:
  ImportJob(Context& context, schema::Content::Client content, LayoutReference reference,
            kj::Own<image::ProgressReporter> reporter);
  ~ImportJob() noexcept(false);

  /// Finds the image and stores all but its layers.
  Task<> resolve(image::Platform platform);

  /// Begins the ingest of the layers that are missing, so that they can be followed.
  Task<> beginLayers();
  Task<> finishLayers();

  const image::Resolved& image() const { return found_->resolved; }

 private:
  struct Layer {
    image::Descriptor descriptor;
    kj::Maybe<schema::Ingest::Client> ingest = nullptr;
    kj::Maybe<schema::Waiter::Client> busy = nullptr;
  };
  Task<> begin(Layer& layer);
  Task<> finish(Layer& layer);
  Task<> write(image::Descriptor layer, schema::Ingest::Client ingest);
  std::string owner() const { return "load " + reference_.text(); }

  Context& context_;
  schema::Content::Client content_;
  LayoutReference reference_;
  kj::Own<image::ProgressReporter> reporter_;
  std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<ImageSource> source_;
  std::shared_ptr<FoundImage> found_;
  kj::Maybe<schema::Hold::Client> hold_;
  std::deque<Layer> layers_;
};

}  // namespace stave::layout
