#include <fmt/format.h>
#include <fmt/ranges.h>
#include <stave/error.h>
#include <stave/net/plan.h>

#include <algorithm>
#include <charconv>

namespace stave::net {

std::string NetworkWish::option(const std::string& key) const {
  auto found = options.find(key);
  return found == options.end() ? std::string() : found->second;
}

uint32_t NetworkWish::mtu(uint32_t otherwise) const {
  auto text = option("mtu");
  if (text.empty()) return otherwise;
  uint32_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  uint32_t least = ipv6 ? 1280 : 68;
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > 65535) {
    fail(ErrorCode::INVALID,
         fmt::format("network {}: option mtu: '{}' is not a number of {} to 65535", name, text,
                     least));
  }
  return value;
}

bool NetworkWish::flag(const std::string& key, bool otherwise) const {
  auto text = option(key);
  if (text.empty()) return otherwise;
  if (text == "true" || text == "false") return text == "true";
  fail(ErrorCode::INVALID,
       fmt::format("network {}: option {}: '{}' is neither true nor false", name, key, text));
}

void NetworkWish::checkOptions(std::initializer_list<std::string_view> known) const {
  for (auto& [key, value] : options) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      fail(ErrorCode::INVALID, fmt::format("network {}: unknown option '{}'; this driver knows: {}",
                                           name, key, fmt::join(known, ", ")));
    }
  }
}

namespace {

void checkFree(const Subnet& subnet, const NetworkWish& wish,
               const std::vector<Occupied>& occupied) {
  for (auto& other : occupied) {
    if (!other.prefix.overlaps(subnet.prefix)) continue;
    fail(ErrorCode::CONFLICT, fmt::format("network {}: subnet {} overlaps {} of {}", wish.name,
                                          subnet.prefix.text(), other.prefix.text(), other.by));
  }
}

Subnet complete(Subnet subnet, const NetworkWish& wish) {
  auto& prefix = subnet.prefix;
  if (prefix.length() + 2 > prefix.address().bits()) {
    fail(ErrorCode::INVALID,
         fmt::format("network {}: subnet {} is too small for a gateway and a pod", wish.name,
                     prefix.text()));
  }
  if (!subnet.gateway) subnet.gateway = prefix.first().plus(1);
  if (!prefix.contains(subnet.gateway)) {
    fail(ErrorCode::INVALID, fmt::format("network {}: gateway {} is outside its subnet {}",
                                         wish.name, subnet.gateway.text(), prefix.text()));
  }
  for (auto& [name, address] : subnet.reserved) {
    if (prefix.contains(address)) continue;
    fail(ErrorCode::INVALID, fmt::format("network {}: reserved address {} ({}) is outside {}",
                                         wish.name, address.text(), name, prefix.text()));
  }
  AddressPool check(prefix, subnet.range);  // throws for a range outside
  return subnet;
}

std::optional<Subnet> wished(const NetworkWish& wish, Family family) {
  std::optional<Subnet> found;
  for (auto& subnet : wish.subnets) {
    if (subnet.prefix.family() != family) continue;
    if (found) {
      fail(ErrorCode::INVALID,
           fmt::format("network {}: subnets {} and {} are of one family; at most one of each",
                       wish.name, found->prefix.text(), subnet.prefix.text()));
    }
    found = subnet;
  }
  return found;
}

}  // namespace

std::vector<Subnet> planSubnets(const NetworkWish& wish, const SubnetPool& pool,
                                const std::vector<Occupied>& occupied) {
  std::vector<Prefix> used;
  for (auto& other : occupied) used.push_back(other.prefix);
  std::vector<Subnet> subnets;
  for (auto family : {Family::ipv4, Family::ipv6}) {
    auto subnet = wished(wish, family);
    if (!subnet && family == Family::ipv6 && !wish.ipv6) continue;
    if (subnet) {
      checkFree(*subnet, wish, occupied);
    } else {
      subnet = Subnet{pool.choose(family, used), {}, {}, {}};
    }
    subnets.push_back(complete(*subnet, wish));
  }
  return subnets;
}

}  // namespace stave::net
