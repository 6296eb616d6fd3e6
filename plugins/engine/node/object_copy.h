#pragma once

#include <capnp/message.h>
#include <stave/schema/object.capnp.h>

#include <memory>
#include <string>
#include <string_view>

namespace stave::node {

/// One state of an object, kept apart from the message that brought it.
class ObjectCopy {
 public:
  explicit ObjectCopy(schema::Object::Reader object);

  const std::string& name() const { return name_; }
  const std::string& key() const { return key_; }  ///< "NAMESPACE/NAME", or the name alone
  const std::string& uid() const { return uid_; }
  schema::Metadata::Reader metadata() const { return object_->getMetadata(); }
  uint64_t generation() const { return metadata().getGeneration(); }
  bool deleted() const { return metadata().getDeleted() != 0; }
  bool hasFinalizer(std::string_view finalizer) const;
  std::string_view annotation(std::string_view key) const;  ///< empty: there is none

  template <typename Spec>
  typename Spec::Reader spec() const {
    return object_->getSpec().getAs<Spec>();
  }
  template <typename Status>
  typename Status::Reader status() const {
    return object_->getStatus().getAs<Status>();
  }

 private:
  kj::Own<schema::Object::Reader> object_;
  std::string name_;
  std::string key_;
  std::string uid_;
};

using ObjectPointer = std::shared_ptr<const ObjectCopy>;

std::string keyOf(std::string_view nameSpace, std::string_view name);

}  // namespace stave::node
