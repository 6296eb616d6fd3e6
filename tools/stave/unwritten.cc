#include "unwritten.h"

#include <stave/error.h>

namespace stave::cli {

namespace {

class Listener final : public schema::EventSink::Server {
 public:
  explicit Listener(kj::Own<kj::PromiseFulfiller<void>> told) : told_(kj::mv(told)) {}

  kj::Promise<void> event(EventContext context) override {
    for (auto event : context.getParams().getEvents()) {
      for (auto attribute : event.getAttributes()) {
        if (attribute.getKey() != "message") continue;
        told_->reject(makeError(ErrorCode::EXHAUSTED, attribute.getValue().cStr()));
      }
    }
    return kj::READY_NOW;
  }

 private:
  kj::Own<kj::PromiseFulfiller<void>> told_;
};

}  // namespace

kj::Promise<void> failIfUnwritten(schema::EventBus::Client events, const Selection& object) {
  auto key = object.nameSpace.empty() ? object.name : object.nameSpace + "/" + object.name;
  auto told = kj::newPromiseAndFulfiller<void>();
  auto request = events.subscribeRequest();
  request.setPrefix(("object/" + object.kind + "/" + key + "/unwritten").c_str());
  request.setSink(kj::heap<Listener>(kj::mv(told.fulfiller)));
  auto listening =
      request.send().then([over = kj::mv(told.promise)](
                              auto reply) mutable { return over.attach(reply.getSubscription()); },
                          [](kj::Exception&&) -> kj::Promise<void> { return kj::NEVER_DONE; });
  return listening.eagerlyEvaluate(nullptr);
}

Selection selectionOf(const ObjectCopy& object) {
  auto metadata = object.metadata();
  return {std::string(metadata.getKind()), object.name(), std::string(metadata.getNamespace())};
}

}  // namespace stave::cli
