#pragma once

#include <string>
#include <vector>

#include "kernel/object/object_store.h"

namespace stave {

/// Why an object is as it is, and what it waits for.
struct Explanation {
  struct Step {
    ObjectKey key;
    VersionPtr
        version;  ///< the state that was made, or the present one; null: nothing is left of it
    VersionPtr causeFrom;  ///< whose metadata has the cause
    bool creation;         ///< the cause is the one of its creation
    std::string summary;
    void write(schema::Objects::Step::Builder target) const;
  };

  std::vector<Step> steps;  ///< newest first
  std::vector<std::string> missing;
};

Task<Explanation> explain(ObjectStore& store, VersionPtr version);

/// An object's state in a sentence: "pending: image is being pulled".
std::string summaryOf(const ObjectVersion& version, const Kind* kind);

/// What keeps an object from being what is wanted, as far as that can be seen without knowing its
/// kind.
std::vector<std::string> missingFor(const ObjectStore& store, const ObjectVersion& version);

}  // namespace stave
