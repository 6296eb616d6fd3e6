#pragma once

#include <kj/exception.h>
#include <stave/schema/common.capnp.h>

#include <functional>
#include <map>

#include "object_copy.h"

namespace stave::node {

/// Why images could not be had, by name: the last failure of each. Known here before it stands in
/// an object's status, where there may be no room for it.
class ImageFailures {
 public:
  struct Failure {
    std::string uid;
    uint64_t generation;
    std::string message;
    schema::ErrorCode code;
    uint64_t number;  ///< counted from 1
  };

  void onNote(std::function<void()> listener) { listeners_.push_back(std::move(listener)); }
  void note(const ObjectCopy& object, const kj::Exception& exception);

  uint64_t count() const { return count_; }
  const Failure* last(const std::string& name) const;  ///< null: none

  /// One of this name that was noted when `count()` was more than this; null: none.
  const Failure* after(uint64_t count, const std::string& name) const;

  /// That of this object as it is now; null: none.
  const Failure* of(const ObjectCopy& object) const;

 private:
  std::map<std::string, Failure> failures_;
  std::vector<std::function<void()>> listeners_;
  uint64_t count_ = 0;
};

}  // namespace stave::node
