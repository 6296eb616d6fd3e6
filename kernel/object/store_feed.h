#pragma once

#include <kj/timer.h>
#include <stave/schema/store.capnp.h>
#include <stave/task.h>

#include "kernel/object/replica.h"

namespace stave {

/// Keeps a replica up with its store: lists once, then follows the store's watch, and takes it up
/// again where it broke off whenever the store dies or drops it. It lists anew only if the store no
/// longer has what lies between.
class StoreFeed {
 public:
  StoreFeed(kj::Timer& timer, schema::Store::Client store, Replica& replica);
  ~StoreFeed() noexcept;
  KJ_DISALLOW_COPY(StoreFeed);

  /// Reads everything, and follows from then on.
  Task<> load();

  /// Gives up the present watch and lists anew: something that must have come did not.
  void refresh();

 private:
  class Sink;

  Task<> list();
  Task<bool> listPage(Batch& all, std::string& start);
  Task<> follow();
  Task<> keepFollowing();
  Task<bool> mustList();

  kj::Timer& timer_;
  schema::Store::Client store_;
  Replica& replica_;
  bool listNext_ = false;
  Sink* sink_ = nullptr;  // of the present watch
  kj::Promise<void> following_ = nullptr;
};

}  // namespace stave
