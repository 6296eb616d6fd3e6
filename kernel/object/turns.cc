#include "kernel/object/turns.h"

namespace stave {

Turns::Ticket::Ticket(Turns& turns, std::vector<ObjectKey> keys)
    : turns_(turns), keys_(std::move(keys)), id_(turns.next_++) {
  auto pair = kj::newPromiseAndFulfiller<void>();
  done_ = kj::mv(pair.fulfiller);
  auto done = std::make_shared<kj::ForkedPromise<void>>(pair.promise.fork());
  kj::Vector<kj::Promise<void>> before;
  for (auto& key : keys_) {
    auto found = turns_.last_.find(key);
    if (found != turns_.last_.end()) before.add(found->second.done->addBranch());
    turns_.last_.insert_or_assign(key, Last{id_, done});
  }
  ready_ =
      before.empty() ? kj::Promise<void>(kj::READY_NOW) : kj::joinPromises(before.releaseAsArray());
}

Turns::Ticket::~Ticket() noexcept {
  for (auto& key : keys_) {
    auto found = turns_.last_.find(key);
    if (found != turns_.last_.end() && found->second.id == id_) turns_.last_.erase(found);
  }
  done_->fulfill();
}

}  // namespace stave
