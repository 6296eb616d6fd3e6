#pragma once

#include <stave/schema/objects/pod.capnp.h>

#include <map>
#include <optional>

#include "image_index.h"
#include "object_writer.h"

namespace stave::node {

/// How far something is that a pod waits for.
struct Readiness {
  enum class State { ready, waiting, failed };
  State state = State::ready;
  std::string reason;  ///< one CamelCase word
  std::string message;
  schema::ErrorCode code = schema::ErrorCode::INTERNAL;
  bool permanent = false;
};

/// One pod's demand for images during one attempt to start: looks, asks for what is missing, and
/// asks once again for what had failed before this attempt.
class ImageWants {
 public:
  ImageWants(ObjectWriter& writer, const ImageIndex& images) : writer_(writer), images_(images) {}

  /// A new attempt begins.
  void reset() { asked_.clear(); }

  /// `image` is set when the answer is `ready`.
  Task<Readiness> look(ObjectPointer pod, schema::PodContainer::Reader container,
                       ReadyImagePointer& image);

 private:
  Task<Readiness> ask(ObjectPointer pod, schema::PodContainer::Reader container, std::string name);
  std::optional<Readiness> failureOf(const ObjectCopy& object) const;
  Task<> pullAgain(ObjectPointer object, std::string reason);

  ObjectWriter& writer_;
  const ImageIndex& images_;
  std::map<std::string, uint64_t> asked_;  ///< and how many pulls of whatever had failed then
};

}  // namespace stave::node
