#pragma once

#include <stave/net/address.h>

#include <set>
#include <string>
#include <vector>

/// IP address management. The pools hold no state of their own on disk: whoever owns the endpoints
/// writes each endpoint's addresses down and reserves them again after a restart, so that there are
/// never two truths.
namespace stave::net {

/// The addresses of one subnet.
class AddressPool {
 public:
  /// Automatic addresses come from `range` (none: all of `subnet`). The network's own address and,
  /// in IPv4, the broadcast address are never given out. Fails [invalid] if `range` is outside.
  explicit AddressPool(Prefix subnet, Prefix range = {});

  const Prefix& subnet() const { return subnet_; }

  /// Marks an address as taken, by its user's wish. Fails [invalid] (outside the subnet),
  /// [conflict] (taken).
  void reserve(Address address);

  /// The next free address after the one given out last, so that one that was just released rests.
  /// Fails [exhausted].
  Address allocate();

  void release(Address address) { taken_.erase(address); }
  bool isTaken(Address address) const { return taken_.contains(address); }

 private:
  bool usable(Address address) const;

  Prefix subnet_;
  Address first_;
  Address last_;
  Address next_;
  std::set<Address> taken_;
};

/// Where subnets of networks that ask for none come from: blocks, each cut into subnets of one
/// size.
class SubnetPool {
 public:
  struct Block {
    Prefix prefix;
    unsigned length = 0;  ///< of the subnets cut from it
  };

  /// Fails [invalid] for a subnet longer or shorter than its block allows.
  explicit SubnetPool(std::vector<Block> blocks);

  /// The first subnet of that family that overlaps nothing in `used`. Fails [exhausted].
  Prefix choose(Family family, const std::vector<Prefix>& used) const;

 private:
  std::vector<Block> blocks_;
};

}  // namespace stave::net
