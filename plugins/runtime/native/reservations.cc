#include "reservations.h"

namespace stave::native {

/// What the caller holds.
class Reservations::Holder final : public schema::Reservation::Server {
 public:
  Holder(std::weak_ptr<Reservations> owner, std::string id, uint64_t serial)
      : owner_(kj::mv(owner)), id_(kj::mv(id)), serial_(serial) {}

  ~Holder() noexcept {
    if (auto owner = owner_.lock()) owner->release(id_, serial_);
  }

 private:
  std::weak_ptr<Reservations> owner_;
  std::string id_;
  uint64_t serial_;
};

schema::Reservation::Client Reservations::reserve(const std::string& id,
                                                  const std::string& cgroup) {
  if (entries_.count(id) != 0) {
    fail(ErrorCode::ALREADY_EXISTS, "container " + id + " is reserved already");
  }
  uint64_t serial = ++lastSerial_;
  entries_.emplace(id, Entry{serial, cgroup, lay(id, cgroup)});
  return kj::heap<Holder>(weak_from_this(), id, serial);
}

kj::Promise<Groundwork> Reservations::take(const std::string& id, const std::string& cgroup) {
  auto found = entries_.find(id);
  if (found == entries_.end()) return lay(id, cgroup);
  if (found->second.cgroup != cgroup) {
    giveBack(id);
    return lay(id, cgroup);
  }
  auto laying = kj::mv(found->second.laying);
  entries_.erase(found);
  return laying;
}

/// After the former one of that name is gone.
kj::Promise<Groundwork> Reservations::lay(const std::string& id, const std::string& cgroup) {
  auto found = leaving_.find(id);
  if (found == leaving_.end()) return lay_(id, cgroup);
  return found->second.addBranch().then([this, id, cgroup]() { return lay(id, cgroup); });
}

void Reservations::release(const std::string& id, uint64_t serial) {
  auto found = entries_.find(id);
  if (found != entries_.end() && found->second.serial == serial) giveBack(id);
}

void Reservations::giveBack(const std::string& id) {
  auto found = entries_.find(id);
  auto entry = kj::mv(found->second);
  entries_.erase(found);
  kj::Promise<void> undoing = undo(id, kj::mv(entry));
  auto leaving = undoing.then([this, id]() { leaving_.erase(id); }).fork();
  context_.spawn(leaving.addBranch());
  leaving_.emplace(id, kj::mv(leaving));
}

Task<> Reservations::undo(std::string id, Entry entry) {
  kj::Maybe<Groundwork> laid;
  try {
    auto groundwork = co_await kj::mv(entry.laying);
    laid = kj::mv(groundwork);
  } catch (const kj::Exception&) {
    // nothing was left of it
  }
  KJ_IF_MAYBE (groundwork, laid) {
    co_await dismiss(kj::mv(groundwork->monitor));
    co_await clear_(id, entry.cgroup);
  }
}

kj::Promise<void> Reservations::clear() {
  while (!entries_.empty()) giveBack(std::string(entries_.begin()->first));
  kj::Vector<kj::Promise<void>> all;
  for (auto& [id, leaving] : leaving_) all.add(leaving.addBranch());
  return kj::joinPromises(all.releaseAsArray());
}

}  // namespace stave::native
