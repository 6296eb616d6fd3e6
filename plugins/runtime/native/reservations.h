#pragma once

#include <map>
#include <memory>
#include <string>

#include "groundwork.h"

namespace stave::native {

/// Groundwork that is laid before the container is asked for.
class Reservations : public std::enable_shared_from_this<Reservations> {
 public:
  /// Both take the container's id and its cgroup. `lay` leaves nothing when it fails.
  using Lay = kj::Function<kj::Promise<Groundwork>(std::string id, std::string cgroup)>;
  using Clear = kj::Function<kj::Promise<void>(std::string id, std::string cgroup)>;

  Reservations(Context& context, Lay lay, Clear clear)
      : context_(context), lay_(kj::mv(lay)), clear_(kj::mv(clear)) {}

  /// Begins. Fails [already-exists].
  schema::Reservation::Client reserve(const std::string& id, const std::string& cgroup);

  /// What was reserved for a container, else what is laid now.
  kj::Promise<Groundwork> take(const std::string& id, const std::string& cgroup);

  /// Gives everything back.
  kj::Promise<void> clear();

 private:
  class Holder;
  struct Entry {
    uint64_t serial;
    std::string cgroup;
    kj::Promise<Groundwork> laying;
  };

  kj::Promise<Groundwork> lay(const std::string& id, const std::string& cgroup);
  void release(const std::string& id, uint64_t serial);
  void giveBack(const std::string& id);
  Task<> undo(std::string id, Entry entry);

  Context& context_;
  Lay lay_;
  Clear clear_;
  uint64_t lastSerial_ = 0;
  std::map<std::string, Entry> entries_;
  std::map<std::string, kj::ForkedPromise<void>> leaving_;  ///< being given back
};

}  // namespace stave::native
