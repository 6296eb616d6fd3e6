#include <stave/client.h>

namespace stave {

namespace {

constexpr size_t roomForChanges = 64;  // words

kj::Own<capnp::MallocMessageBuilder> copyOf(schema::Object::Reader object) {
  auto words = object.totalSize().wordCount + roomForChanges;
  auto message = kj::heap<capnp::MallocMessageBuilder>(words);
  message->setRoot(object);
  return message;
}

}  // namespace

ObjectCopy::ObjectCopy()
    : message_(kj::heap<capnp::MallocMessageBuilder>()),
      root_(message_->initRoot<schema::Object>()) {}

ObjectCopy::ObjectCopy(schema::Object::Reader object)
    : message_(copyOf(object)), root_(message_->getRoot<schema::Object>()) {}

Transaction::Transaction(schema::Objects::Client objects, std::string_view reason)
    : objects_(kj::mv(objects)), reason_(reason) {}

void Transaction::add(schema::Change::Op operation, const ObjectCopy& object) {
  steps_.push_back({operation, ObjectCopy(object.reader())});
}

Task<std::vector<ObjectCopy>> Transaction::commit() {
  auto request = objects_.commitRequest();
  request.initCause().setReason(reason_);
  auto changes = request.initChanges(steps_.size());
  for (unsigned i = 0; i < steps_.size(); ++i) {
    changes[i].setOp(steps_[i].operation);
    changes[i].setObject(steps_[i].object.reader());
  }
  auto reply = co_await request.send();
  revision_ = reply.getRevision();
  std::vector<ObjectCopy> objects;
  for (auto object : reply.getObjects()) objects.emplace_back(object);
  co_return objects;
}

}  // namespace stave
