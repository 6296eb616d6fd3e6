#pragma once

#include <capnp/message.h>
#include <kj/array.h>

#include <memory>

#include "kernel/object/object_key.h"

namespace stave {

class ObjectVersion;
using VersionPtr = std::shared_ptr<const ObjectVersion>;
using MessagePtr = std::unique_ptr<capnp::MallocMessageBuilder>;

/// One object as it was from one revision to the next. Immutable, and shared by the cache, the
/// history and everybody who still has to be told of it. Single-threaded like all of the kernel.
class ObjectVersion {
 public:
  /// Takes a message that holds an Object. What only the store knows is filled in here: the
  /// revisions.
  ObjectVersion(ObjectKey key, MessagePtr message, uint64_t createRevision, uint64_t revision);

  /// From the store's bytes.
  static VersionPtr decode(ObjectKey key, capnp::Data::Reader value, uint64_t createRevision,
                           uint64_t revision);

  /// The last state of an object that was removed at `revision`.
  static VersionPtr removedAt(const ObjectVersion& last, uint64_t revision);

  const ObjectKey& key() const { return key_; }
  uint64_t revision() const { return revision_; }
  uint64_t createRevision() const { return createRevision_; }
  schema::Object::Reader object() const { return object_; }
  schema::Metadata::Reader metadata() const { return object_.getMetadata(); }
  std::string_view uid() const { return view(metadata().getUid()); }
  size_t words() const { return words_; }

 private:
  ObjectKey key_;
  MessagePtr message_;
  schema::Object::Reader object_;
  uint64_t createRevision_;
  uint64_t revision_;
  size_t words_;
};

/// The bytes under which the store keeps the object in `message`.
kj::Array<capnp::word> encodeMessage(capnp::MessageBuilder& message);

/// A copy of `reader` in a message of its own, of one segment.
template <typename Reader>
MessagePtr copyToMessage(Reader reader) {
  auto message = std::make_unique<capnp::MallocMessageBuilder>(reader.totalSize().wordCount + 16);
  message->setRoot(reader);
  return message;
}

/// A copy of a stored value, aligned, with a reader that has no limit of traversal: the kernel
/// wrote it.
template <typename Type>
MessagePtr decodeMessage(capnp::Data::Reader value);

}  // namespace stave
