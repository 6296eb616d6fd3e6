#pragma once

#include <memory>
#include <string>

struct nft_ctx;

namespace stave::net {

/// nftables through libnftables, of the network namespace in which it was made; one thread at a
/// time.
class Nftables {
 public:
  Nftables();

  /// Runs the commands as one transaction: all or none. Fails with what nftables says against them.
  void run(const std::string& commands);

  /// The answer of a `list` command; empty if what it names does not exist.
  std::string list(const std::string& command);

 private:
  struct Free {
    void operator()(nft_ctx* context) const;
  };
  std::unique_ptr<nft_ctx, Free> context_;
};

}  // namespace stave::net
