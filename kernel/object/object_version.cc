#include "kernel/object/object_version.h"

#include <capnp/serialize.h>
#include <string.h>

namespace stave {

ObjectVersion::ObjectVersion(ObjectKey key, MessagePtr message, uint64_t createRevision,
                             uint64_t revision)
    : key_(std::move(key)),
      message_(std::move(message)),
      createRevision_(createRevision),
      revision_(revision) {
  auto metadata = message_->getRoot<schema::Object>().getMetadata();
  metadata.setRevision(revision);
  if (metadata.hasChangedBy()) metadata.getChangedBy().setRevision(revision);
  if (metadata.hasCreatedBy()) metadata.getCreatedBy().setRevision(createRevision);
  object_ = message_->getRoot<schema::Object>().asReader();
  words_ = object_.totalSize().wordCount;
}

VersionPtr ObjectVersion::decode(ObjectKey key, capnp::Data::Reader value, uint64_t createRevision,
                                 uint64_t revision) {
  return std::make_shared<ObjectVersion>(std::move(key), decodeMessage<schema::Object>(value),
                                         createRevision, revision);
}

VersionPtr ObjectVersion::removedAt(const ObjectVersion& last, uint64_t revision) {
  return std::make_shared<ObjectVersion>(last.key(), copyToMessage(last.object()),
                                         last.createRevision(), revision);
}

kj::Array<capnp::word> encodeMessage(capnp::MessageBuilder& message) {
  return capnp::messageToFlatArray(message);
}

template <typename Type>
MessagePtr decodeMessage(capnp::Data::Reader value) {
  auto words = kj::heapArray<capnp::word>(value.size() / sizeof(capnp::word));
  memcpy(words.begin(), value.begin(), words.asBytes().size());
  capnp::ReaderOptions options;
  options.traversalLimitInWords = kj::maxValue;
  capnp::FlatArrayMessageReader reader(words, options);
  return copyToMessage(reader.getRoot<Type>());
}

template MessagePtr decodeMessage<schema::Object>(capnp::Data::Reader);
template MessagePtr decodeMessage<schema::KindDefinition>(capnp::Data::Reader);

}  // namespace stave
