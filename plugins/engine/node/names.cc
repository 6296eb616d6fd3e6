#include "names.h"

#include <stave/image/digest.h>

namespace stave::node {

namespace {

constexpr size_t idLength = 64;

std::string hexOf(const std::string& seed) {
  return image::parseDigest(image::digestOf(seed), "id").hex;
}

}  // namespace

std::string containerId(std::string_view podUid, std::string_view container, bool first,
                        bool init) {
  if (first) return std::string(podUid);
  return hexOf(std::string(podUid) + (init ? "/init/" : "/") + std::string(container));
}

std::string endpointId(std::string_view podUid, std::string_view network) {
  return std::string(podUid) + "-" + std::string(network);
}

std::string_view podOfEndpoint(std::string_view endpoint) {
  auto dash = endpoint.find('-');
  auto uid = endpoint.substr(0, dash);
  return dash != endpoint.npos && isOurId(uid) ? uid : std::string_view();
}

std::string anonymousVolume(std::string_view containerId, std::string_view target) {
  return hexOf(std::string(containerId) + ":" + std::string(target));
}

bool isOurId(std::string_view id) {
  return id.size() == idLength && id.find_first_not_of("0123456789abcdef") == id.npos;
}

}  // namespace stave::node
