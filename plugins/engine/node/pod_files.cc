#include "pod_files.h"

#include <sstream>

#include "text.h"

namespace stave::node {

namespace {

constexpr const char* publicServers[] = {"8.8.8.8", "8.8.4.4"};

std::string withoutPrefix(kj::StringPtr address) {
  auto whole = view(address);
  return std::string(whole.substr(0, whole.find('/')));
}

bool isLoopback(std::string_view address) {
  return address.substr(0, 4) == "127." || address == "::1";
}

/// The words of each line that begins with `keyword`.
std::vector<std::string> wordsAfter(const std::string& file, std::string_view keyword) {
  std::vector<std::string> result;
  std::istringstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    if (!(words >> word) || word != keyword) continue;
    while (words >> word) result.push_back(word);
  }
  return result;
}

void addLine(std::string& file, std::string_view keyword, const std::vector<std::string>& words) {
  if (words.empty()) return;
  file += keyword;
  for (auto& word : words) file += " " + word;
  file += "\n";
}

std::vector<std::string> serversOf(schema::Dns::Reader dns, const NetworkIdentity& identity,
                                   const std::string& host) {
  auto servers = texts(dns.getServers());
  if (!servers.empty()) return servers;
  if (!identity.nameservers.empty()) return identity.nameservers;
  for (auto& each : wordsAfter(host, "nameserver")) {
    if (!isLoopback(each)) servers.push_back(each);
  }
  if (servers.empty()) servers.assign(std::begin(publicServers), std::end(publicServers));
  return servers;
}

}  // namespace

NetworkIdentity identityOf(const std::vector<schema::EndpointStatus::Reader>& endpoints) {
  NetworkIdentity identity;
  for (auto& each : endpoints) {
    if (each.getIpv4().size() > 0) identity.addresses.push_back(withoutPrefix(each.getIpv4()));
    if (each.getIpv6().size() > 0) identity.addresses.push_back(withoutPrefix(each.getIpv6()));
    for (auto server : each.getNameservers()) identity.nameservers.push_back(text(server));
    if (identity.gateway.empty()) identity.gateway = text(each.getGateway4());
  }
  return identity;
}

std::string hostsFile(const std::string& hostname, const std::string& domainname,
                      const NetworkIdentity& identity, const std::vector<NameAddress>& extra) {
  std::string file =
      "127.0.0.1\tlocalhost\n"
      "::1\tlocalhost ip6-localhost ip6-loopback\n"
      "fe00::\tip6-localnet\n"
      "ff00::\tip6-mcastprefix\n"
      "ff02::1\tip6-allnodes\n"
      "ff02::2\tip6-allrouters\n";
  for (auto& each : extra) {
    bool isHost = each.address == "host-gateway";
    auto& address = isHost ? identity.gateway : each.address;
    if (!address.empty()) file += address + "\t" + each.name + "\n";
  }
  auto names = domainname.empty() ? hostname : hostname + "." + domainname + " " + hostname;
  for (auto& address : identity.addresses) file += address + "\t" + names + "\n";
  return file;
}

std::string resolvFile(schema::Dns::Reader dns, const NetworkIdentity& identity,
                       const std::string& host) {
  std::string file;
  auto search = texts(dns.getSearch());
  if (search.empty()) search = wordsAfter(host, "search");
  if (search.size() == 1 && search[0] == ".") search.clear();
  addLine(file, "search", search);
  for (auto& server : serversOf(dns, identity, host)) file += "nameserver " + server + "\n";
  auto options = texts(dns.getOptions());
  if (options.empty()) options = wordsAfter(host, "options");
  addLine(file, "options", options);
  return file;
}

}  // namespace stave::node
