#pragma once

#include <kj/async.h>

#include <map>
#include <memory>
#include <vector>

#include "kernel/object/object_key.h"

namespace stave {

/// Whoever changes an object waits for those who came before, so that transactions on different
/// objects run side by side and those on the same one do not make each other fail. This is a matter
/// of speed: what keeps transactions apart is the comparison in the store.
class Turns {
 public:
  /// A place in the queue of each of its objects. Destroying it lets the next ones on.
  class Ticket {
   public:
    Ticket(Turns& turns, std::vector<ObjectKey> keys);
    ~Ticket() noexcept;
    KJ_DISALLOW_COPY(Ticket);

    /// Done when all who came before are gone. Once only.
    kj::Promise<void> ready() { return kj::mv(ready_); }

   private:
    Turns& turns_;
    std::vector<ObjectKey> keys_;
    uint64_t id_;
    kj::Own<kj::PromiseFulfiller<void>> done_;
    kj::Promise<void> ready_ = nullptr;
  };

 private:
  struct Last {
    uint64_t id;
    std::shared_ptr<kj::ForkedPromise<void>> done;
  };

  std::map<ObjectKey, Last> last_;  // who came last to each object
  uint64_t next_ = 0;
};

}  // namespace stave
