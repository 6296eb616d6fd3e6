#include "host_table.h"

#include <stave/error.h>

#include "url.h"

namespace stave::oci {

namespace {

constexpr const char* dockerDomain = "docker.io";
constexpr const char* dockerHost = "registry-1.docker.io";

std::string mirrorUrl(const std::string& name, std::string mirror) {
  if (mirror.find("://") == std::string::npos) mirror = "https://" + mirror;
  try {
    std::string url = resolveUrl(mirror, mirror);
    while (url.ends_with('/')) url.pop_back();
    return url;
  } catch (const kj::Exception& exception) {
    fail(ErrorCode::INVALID, "hosts: mirrors of " + name + ": " + textOf(exception));
  }
}

}  // namespace

HostTable::HostTable(capnp::List<schema::Host>::Reader hosts) {
  for (auto host : hosts) {
    std::string name = host.getName().cStr();
    Entry& entry = entries_[name];
    entry.transport = host.getTransport();
    entry.tls = {host.getCaFile().cStr(), host.getClientCertificate().cStr(),
                 host.getClientKey().cStr(), entry.transport != schema::Host::Transport::INSECURE};
    if (entry.tls.clientCertificate.empty() != entry.tls.clientKey.empty()) {
      fail(ErrorCode::INVALID, "hosts: " + name + ": clientCertificate and clientKey go together");
    }
    for (auto mirror : host.getMirrors()) entry.mirrors.push_back(mirrorUrl(name, mirror.cStr()));
  }
}

const HostTable::Entry* HostTable::find(const std::string& domain) const {
  auto found = entries_.find(domain);
  return found == entries_.end() ? nullptr : &found->second;
}

bool HostTable::usesPlainHttp(const std::string& domain) const {
  const Entry* entry = find(domain);
  if (entry == nullptr || entry->transport == schema::Host::Transport::AUTO) {
    bool trusted = entry != nullptr && !entry->tls.caFile.empty();
    return isLoopback(domain) && !trusted;
  }
  return entry->transport == schema::Host::Transport::HTTP;
}

TlsOptions HostTable::tlsOf(const std::string& domain) const {
  const Entry* entry = find(domain);
  return entry == nullptr ? TlsOptions{} : entry->tls;
}

Endpoint HostTable::upstreamOf(const std::string& domain) const {
  std::string host = domain == dockerDomain ? dockerHost : domain;
  return {(usesPlainHttp(domain) ? "http://" : "https://") + host, tlsOf(domain), false};
}

std::vector<Endpoint> HostTable::endpointsOf(const std::string& domain) const {
  std::vector<Endpoint> result;
  if (const Entry* entry = find(domain)) {
    for (const std::string& mirror : entry->mirrors) {
      result.push_back({mirror, tlsOf(hostOf(mirror)), true});
    }
  }
  result.push_back(upstreamOf(domain));
  return result;
}

}  // namespace stave::oci
