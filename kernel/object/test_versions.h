#pragma once

#include <functional>
#include <string>

#include "kernel/event/history.h"
#include "kernel/object/object_version.h"

namespace stave::testing {

using FillObject = std::function<void(schema::Object::Builder)>;

inline ObjectKey podKey(const std::string& name, const std::string& space = "default") {
  return {"Pod", space, name};
}

/// A state of an object that no store has ever seen. Its uid is "uid-NAME".
inline VersionPtr versionOf(const ObjectKey& key, uint64_t revision, const FillObject& fill = {},
                            uint64_t createRevision = 1) {
  auto message = std::make_unique<capnp::MallocMessageBuilder>();
  auto object = message->initRoot<schema::Object>();
  auto metadata = object.initMetadata();
  metadata.setKind(key.kind.c_str());
  metadata.setNamespace(key.space.c_str());
  metadata.setName(key.name.c_str());
  metadata.setUid(("uid-" + key.name).c_str());
  if (fill) fill(object);
  return std::make_shared<ObjectVersion>(key, std::move(message), createRevision, revision);
}

inline VersionPtr podAt(const std::string& name, uint64_t revision, const FillObject& fill = {}) {
  return versionOf(podKey(name), revision, fill);
}

inline FillObject withLabel(const std::string& key, const std::string& value) {
  return [key, value](schema::Object::Builder object) {
    auto label = object.getMetadata().initLabels(1)[0];
    label.setKey(key.c_str());
    label.setValue(value.c_str());
  };
}

/// Makes or changes an object, or removes it.
inline ObjectChange putChange(VersionPtr before, VersionPtr after) {
  uint64_t revision = after->revision();
  return {revision, std::move(before), std::move(after), nullptr};
}
inline ObjectChange removal(VersionPtr before, uint64_t revision) {
  auto last = ObjectVersion::removedAt(*before, revision);
  return {revision, std::move(before), nullptr, std::move(last)};
}

}  // namespace stave::testing
