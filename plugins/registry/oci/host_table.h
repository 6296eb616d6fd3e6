#pragma once

#include <map>
#include <string>
#include <vector>

#include "http_client.h"
#include "settings.capnp.h"

namespace stave::oci {

/// Where a registry's API can be reached.
struct Endpoint {
  std::string url;  ///< "https://registry-1.docker.io"; "/v2/..." is put after it
  TlsOptions tls;
  bool mirror = false;
};

/// The settings about single registries.
class HostTable {
 public:
  /// Fails [invalid] naming what is wrong with which entry.
  explicit HostTable(capnp::List<schema::Host>::Reader hosts);

  /// In the order they are to be tried; the registry itself is the last. `domain` as in a
  /// reference.
  std::vector<Endpoint> endpointsOf(const std::string& domain) const;
  Endpoint upstreamOf(const std::string& domain) const;

  /// For a host that a registry redirected to.
  TlsOptions tlsOf(const std::string& domain) const;

 private:
  struct Entry {
    std::vector<std::string> mirrors;
    TlsOptions tls;
    schema::Host::Transport transport = schema::Host::Transport::AUTO;
  };
  const Entry* find(const std::string& domain) const;
  bool usesPlainHttp(const std::string& domain) const;

  std::map<std::string, Entry> entries_;
};

}  // namespace stave::oci
