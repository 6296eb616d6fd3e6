#include "mirror.h"

#include <stave/error.h>

#include "text.h"

namespace stave::node {

namespace {

constexpr auto pauseAfterFailure = 200 * kj::MILLISECONDS;

}  // namespace

class Mirror::Sink final : public schema::WatchSink::Server {
 public:
  Sink(Mirror& mirror, kj::Own<kj::PromiseFulfiller<void>> lost)
      : mirror_(mirror), lost_(kj::mv(lost)) {}

  kj::Promise<void> events(EventsContext context) override {
    for (auto event : context.getParams().getEvents()) {
      if (event.getType() == schema::WatchEvent::Type::PUT) {
        mirror_.put(event.getObject());
      } else {
        mirror_.remove(event.getObject());
      }
    }
    return kj::READY_NOW;
  }

  kj::Promise<void> lost(LostContext context) override {
    lost_->fulfill();
    return kj::READY_NOW;
  }

 private:
  Mirror& mirror_;
  kj::Own<kj::PromiseFulfiller<void>> lost_;
};

Mirror::Mirror(Environment& environment, std::string kind)
    : environment_(environment), kind_(std::move(kind)), ready_(nullptr) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  isReady_ = kj::mv(pair.fulfiller);
  ready_ = pair.promise.fork();
}

Task<> Mirror::run() {
  for (;;) {
    std::string failure;
    try {
      co_await follow();
    } catch (const kj::Exception& exception) {
      failure = textOf(exception);
    }
    if (!failure.empty()) environment_.warn("watching " + kind_ + " objects: " + failure);
    co_await environment_.timer.afterDelay(pauseAfterFailure);
  }
}

Task<> Mirror::follow() {
  auto list = environment_.objects.listRequest();
  list.initQuery().setKind(kind_.c_str());
  auto listed = co_await list.send();
  replaceAll(listed.getObjects());
  isReady_->fulfill();

  auto lost = kj::newPromiseAndFulfiller<void>();
  auto watch = environment_.objects.watchRequest();
  watch.initQuery().setKind(kind_.c_str());
  watch.setFrom(listed.getRevision());
  watch.setSink(kj::heap<Sink>(*this, kj::mv(lost.fulfiller)));
  auto watching = co_await watch.send();
  co_await kj::mv(lost.promise);
}

void Mirror::replaceAll(capnp::List<schema::Object>::Reader objects) {
  auto gone = objects_;
  for (auto object : objects) {
    auto metadata = object.getMetadata();
    gone.erase(keyOf(view(metadata.getNamespace()), view(metadata.getName())));
    put(object);
  }
  for (auto& [key, object] : gone) {
    objects_.erase(key);
    tell(object, true);
  }
}

void Mirror::put(schema::Object::Reader object) {
  auto copy = std::make_shared<const ObjectCopy>(object);
  auto& slot = objects_[copy->key()];
  if (slot != nullptr && slot->metadata().getRevision() == copy->metadata().getRevision()) return;
  slot = copy;
  tell(copy, false);
}

void Mirror::remove(schema::Object::Reader object) {
  auto copy = std::make_shared<const ObjectCopy>(object);
  if (objects_.erase(copy->key()) > 0) tell(copy, true);
}

void Mirror::tell(const ObjectPointer& object, bool removed) {
  for (auto& listener : listeners_) listener(object, removed);
}

ObjectPointer Mirror::find(const std::string& key) const {
  auto found = objects_.find(key);
  return found == objects_.end() ? nullptr : found->second;
}

}  // namespace stave::node
