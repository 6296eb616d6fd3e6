#pragma once

#include <map>

#include "image_index.h"
#include "image_layers.h"
#include "image_puller.h"
#include "keyed_work.h"
#include "object_writer.h"

namespace stave::node {

/// Makes the images that Image objects ask for be here, and removes what no image needs any more.
class ImageReconciler {
 public:
  ImageReconciler(Environment& environment, Mirror& images, ImageFailures& failures,
                  ObjectWriter& writer);

  /// Layers that could not be removed because a container stood on them.
  void collectLayers() { tasks_.add(layers_.collect()); }

 private:
  void noteChange(const ObjectCopy& object);
  Task<> reconcile(std::string name);
  bool settled(const ObjectCopy& object) const;
  Task<> removeGhost(ObjectPointer object);
  void noteAnswer(const ObjectCopy& object);
  Task<> fetch(ObjectPointer object);
  Task<bool> tryToFetch(ObjectPointer object);
  Task<FetchedImage> pull(ObjectPointer object);
  Task<> succeed(ObjectPointer object, FetchedImage image);
  Task<> reportFailure(ObjectPointer object, ImageFailures::Failure failure);
  Task<> reportPulling(ObjectPointer object);
  Task<> keepOld(ObjectPointer object, std::string newConfig);
  Task<> remove(ObjectPointer object);

  Environment& environment_;
  Mirror& images_;
  ImageFailures& failures_;
  ObjectWriter& writer_;
  /// By name, what was answered last: the mirror hears of an answer only after it was written.
  std::map<std::string, std::pair<std::string, uint64_t>> answered_;  ///< uid and generation
  ImageLayers layers_;
  KeyedWork work_;
  LoggedTasks tasks_;
};

}  // namespace stave::node
