#include <fmt/format.h>
#include <stave/error.h>
#include <stave/net/address_pool.h>

#include <algorithm>

namespace stave::net {

AddressPool::AddressPool(Prefix subnet, Prefix range) : subnet_(subnet) {
  if (range && !subnet.contains(range)) {
    fail(ErrorCode::INVALID,
         fmt::format("range {} is not inside the subnet {}", range.text(), subnet.text()));
  }
  auto source = range ? range : subnet;
  first_ = source.first();
  last_ = source.last();
  next_ = first_;
}

bool AddressPool::usable(Address address) const {
  if (subnet_.length() + 2 > subnet_.address().bits()) return true;  // point to point: no such ends
  if (address == subnet_.first()) return false;
  return address.isIpv6() || address != subnet_.last();
}

void AddressPool::reserve(Address address) {
  if (!subnet_.contains(address)) {
    fail(ErrorCode::INVALID,
         fmt::format("address {} is outside the subnet {}", address.text(), subnet_.text()));
  }
  if (!usable(address)) {
    fail(ErrorCode::INVALID, fmt::format("address {} is the network or broadcast address of {}",
                                         address.text(), subnet_.text()));
  }
  if (!taken_.insert(address).second) {
    fail(ErrorCode::CONFLICT, fmt::format("address {} is in use", address.text()));
  }
}

Address AddressPool::allocate() {
  auto candidate = next_;
  do {
    auto following = candidate == last_ ? first_ : candidate.plus(1);
    if (usable(candidate) && taken_.insert(candidate).second) {
      next_ = following;
      return candidate;
    }
    candidate = following;
  } while (candidate != next_);
  fail(ErrorCode::EXHAUSTED, fmt::format("no free address in {}-{} of the subnet {}; remove "
                                         "endpoints or make a network with a larger subnet",
                                         first_.text(), last_.text(), subnet_.text()));
}

SubnetPool::SubnetPool(std::vector<Block> blocks) : blocks_(std::move(blocks)) {
  for (auto& block : blocks_) {
    if (block.length < block.prefix.length() || block.length > block.prefix.address().bits() - 2) {
      fail(ErrorCode::INVALID, fmt::format("address pool {}: cannot be cut into subnets of /{}",
                                           block.prefix.text(), block.length));
    }
  }
}

namespace {

/// The first block of `length` behind everything that `other` covers.
Address behind(const Prefix& other, unsigned length) {
  Prefix last(other.last(), length);
  return last.last().plus(1);
}

std::optional<Prefix> chooseFrom(const SubnetPool::Block& block, const std::vector<Prefix>& used) {
  Prefix candidate(block.prefix.first(), block.length);
  for (;;) {
    auto clash = std::find_if(used.begin(), used.end(),
                              [&](auto& other) { return other.overlaps(candidate); });
    if (clash == used.end()) return candidate;
    auto next = behind(clash->length() < block.length ? *clash : candidate, block.length);
    if (next <= candidate.first() || !block.prefix.contains(next)) return std::nullopt;
    candidate = Prefix(next, block.length);
  }
}

}  // namespace

Prefix SubnetPool::choose(Family family, const std::vector<Prefix>& used) const {
  for (auto& block : blocks_) {
    if (block.prefix.family() != family) continue;
    if (auto subnet = chooseFrom(block, used)) return *subnet;
  }
  fail(ErrorCode::EXHAUSTED,
       fmt::format("no free {} subnet in the address pools; name one in the network's spec or add "
                   "a pool to the plug-in's settings",
                   family == Family::ipv4 ? "IPv4" : "IPv6"));
}

}  // namespace stave::net
