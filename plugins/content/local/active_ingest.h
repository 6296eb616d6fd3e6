#pragma once

#include "content_state.h"

namespace stave::local {

/// One ingest that has a writer. From its construction on others who want the same blob wait; its
/// end tells them whether there is something to have.
class ActiveIngest {
 public:
  ActiveIngest(kj::Own<ContentState> state, std::string digest, uint64_t size, std::string owner);
  ~ActiveIngest() noexcept(false);
  KJ_DISALLOW_COPY(ActiveIngest);

  /// Opens the file. Fails [exhausted] when the rest cannot fit on the file system.
  Task<> open();

  schema::Fd::Client fileCapability() const;
  schema::Waiter::Client newWaiter();
  uint64_t offset() const { return offset_; }
  uint64_t size() const { return size_; }
  bool isOpen() const { return file_ != nullptr; }
  const std::string& key() const { return key_; }

  /// Verifies, unless told that it was done, and makes it a blob. On [invalid] the bytes are gone.
  Task<> commit(std::string digest, uint64_t size, bool verified);
  Task<> abandon();

 private:
  void requireUnfinished() const;
  std::string expectedDigest(const std::string& given) const;
  Task<> publish(std::string digest, uint64_t size, bool verified);
  void finish(bool complete);

  kj::Own<ContentState> state_;
  std::string key_;
  std::string digest_;
  uint64_t size_;
  std::string owner_;
  std::shared_ptr<os::Fd> file_;
  uint64_t offset_ = 0;
  bool finished_ = false;
  kj::Own<kj::PromiseFulfiller<bool>> ended_;
  kj::ForkedPromise<bool> onEnd_;
};

/// A waiter for something that ended already.
schema::Waiter::Client finishedWaiter(bool complete);

}  // namespace stave::local
