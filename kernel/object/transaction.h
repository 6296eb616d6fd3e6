#pragma once

#include <stave/schema/store.capnp.h>

#include "kernel/object/change.h"
#include "kernel/object/replica.h"

namespace stave {

/// The outcomes of all changes of one commit, as one transaction of the store.
class Transaction {
 public:
  explicit Transaction(std::vector<Outcome> outcomes);

  /// Nothing is to be written.
  bool empty() const;

  void fill(schema::Store::TxnParams::Builder request) const;

  /// The objects on which a refused transaction failed: they are not what they were in the cache.
  std::vector<ObjectKey> contradictedBy(capnp::List<schema::Entry>::Reader current) const;

  /// What became of the transaction, judged by the present entry of one of its keys, when the store
  /// died before it answered.
  enum class Verdict { taken, untouched, overtaken };
  std::string witnessKey() const;
  Verdict judge(kj::Maybe<schema::Entry::Reader> witness) const;

  /// After the store took it. May be called once.
  Batch toBatch(uint64_t revision);

  /// The revision of an object to which this transaction was made.
  uint64_t baseOf(const ObjectKey& key) const;

  /// The new states, in order; of what did not change the present one, of a removed one its last.
  const std::vector<VersionPtr>& states() const { return states_; }

 private:
  const Outcome& witness() const;

  std::vector<Outcome> outcomes_;
  std::vector<kj::Array<capnp::word>> values_;  // what is put; empty for others
  std::vector<VersionPtr> states_;
};

}  // namespace stave
