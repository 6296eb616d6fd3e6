#pragma once

#include "kernel/object/change.h"

namespace stave {

struct ChangeEvaluator::Owner {
  ObjectKey key;
  std::string uid;
  bool operator==(const Owner&) const = default;
};

/// An object on its way to its next state. Labels, spec and status point into the request or into
/// the present state, both of which outlive the draft.
struct ChangeEvaluator::Draft {
  std::string uid;
  uint64_t generation = 0;
  int64_t created = 0;
  int64_t deleted = 0;
  KeyValues labels;
  KeyValues annotations;
  std::vector<Owner> owners;
  std::vector<std::string> finalizers;
  capnp::AnyPointer::Reader spec;
  capnp::AnyPointer::Reader status;
  kj::Maybe<schema::Cause::Reader> createdBy;
  bool specChanged = false;
  bool statusChanged = false;
  bool removed = false;
  std::shared_ptr<capnp::MallocMessageBuilder>
      emptySpec;  // what `spec` points to if none was given

  /// Whether anything but spec and status differs.
  bool metadataDiffers(const Draft& other) const {
    return deleted != other.deleted || labels != other.labels || annotations != other.annotations ||
           owners != other.owners || finalizers != other.finalizers;
  }
};

}  // namespace stave
