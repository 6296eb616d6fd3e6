#pragma once

#include "content_state.h"

namespace stave::local {

/// One hold. A transient one ends with it; a persistent one is only added to through it.
class HoldServer final : public schema::Hold::Server {
 public:
  HoldServer(kj::Own<ContentState> state, HoldEntry entry);
  ~HoldServer() noexcept(false);

  /// Writes a persistent one to disk. On failure it is as if it had never been.
  Task<> save();

  kj::Promise<void> add(AddContext context) override;

 private:
  Task<> flush();

  kj::Own<ContentState> state_;
  std::string name_;
  bool persistent_;
  HoldTable::Id id_;
};

}  // namespace stave::local
